import { beforeAll, describe, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { dynamodbLocal } from '../../../test/services/dynamodb.ts'
import { describeOnlineStore } from '../../testing/online-store-conformance.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { openDynamodbOnlineStore } from './dynamodb-online-store.ts'

beforeAll(() => {
  process.env.AWS_ACCESS_KEY_ID = 'local'
  process.env.AWS_SECRET_ACCESS_KEY = 'local'
})

describeService('dynamodb', dynamodbLocal, (service) => {
  const open = (): ReturnType<typeof openDynamodbOnlineStore> => {
    const options = { region: 'eu-west-1', endpoint_url: service().endpoint, consistent_reads: true }
    return openDynamodbOnlineStore(testStoreOptions({ type: 'dynamodb', options }, '.'))
  }
  describeOnlineStore({ describe, it }, { name: 'dynamodb', open, viewNames: 'plain', batchRows: 1000 })
})
