import { describe, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { redisServer } from '../../../test/services/redis.ts'
import type { Service } from '../../../test/services/service.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import { describeOnlineStore } from '../../testing/online-store-conformance.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { openRedisOnlineStore } from './redis-online-store.ts'

function optionsFor({ host, port }: Service, more: Readonly<Record<string, unknown>> = {}): StoreOptions {
  return testStoreOptions({ type: 'redis', options: { connection_string: `${host}:${port}`, ...more } }, '/nowhere')
}

describeService('redis', redisServer, (redis) => {
  describeOnlineStore(
    { describe, it },
    { name: 'redis', open: () => openRedisOnlineStore(optionsFor(redis())), eventPrecisionMicros: 1n },
  )
})
