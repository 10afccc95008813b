import { describe, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { type PostgresService, postgresServer } from '../../../test/services/postgres.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import { describeOnlineStore } from '../../testing/online-store-conformance.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { openPostgresOnlineStore } from './postgres-online-store.ts'

function optionsFor(server: PostgresService, more: Readonly<Record<string, unknown>> = {}): StoreOptions {
  const { host, port, user, password, database } = server
  const options = { host, port, user, password, database, sslmode: 'disable', db_schema: 'feast_online', ...more }
  return testStoreOptions({ type: 'postgres', options }, '/nowhere')
}

describeService('postgres', postgresServer, (postgres) => {
  describeOnlineStore(
    { describe, it },
    {
      name: 'postgres',
      open: () => openPostgresOnlineStore(optionsFor(postgres(), { conn_type: 'pool' })),
      eventPrecisionMicros: 1n,
    },
  )
})
