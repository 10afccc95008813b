import { describe, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { mariadbServer } from '../../../test/services/mariadb.ts'
import type { SqlService } from '../../../test/services/service.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import { describeOnlineStore } from '../../testing/online-store-conformance.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { openMysqlOnlineStore } from './mysql-online-store.ts'

function optionsFor({ host, port, user, password, database }: SqlService): StoreOptions {
  return testStoreOptions({ type: 'mysql', options: { host, port, user, password, database } }, '/nowhere')
}

describeService(
  'mariadb',
  // As a program that ships its own configuration starts it: every script can be stored, and its zone is not UTC.
  () => mariadbServer({ args: ['--character-set-server=utf8mb4', '--default-time-zone=+09:00', '--sql-mode='] }),
  (mariadb) => {
    describeOnlineStore(
      { describe, it },
      {
        name: 'mysql',
        open: () => openMysqlOnlineStore(optionsFor(mariadb())),
        eventPrecisionMicros: 1_000_000n,
        eventRange: { from: 1_000_000n, to: (2n ** 31n - 1n) * 1_000_000n },
        largestValueBytes: 65_535,
      },
    )
  },
)
