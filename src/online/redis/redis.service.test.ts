import { describe, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { redisCluster, redisSentinel, redisServer } from '../../../test/services/redis.ts'
import type { Service } from '../../../test/services/service.ts'
import type { OnlineStore } from '../../plugin/online-store.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import { describeOnlineStore } from '../../testing/online-store-conformance.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { openRedisOnlineStore } from './redis-online-store.ts'

function optionsFor({ host, port }: Service, more: Readonly<Record<string, unknown>> = {}): StoreOptions {
  return testStoreOptions({ type: 'redis', options: { connection_string: `${host}:${port}`, ...more } }, '/nowhere')
}

const starts: Readonly<Record<string, () => Promise<Service>>> = {
  redis: redisServer,
  redis_cluster: redisCluster,
  redis_sentinel: redisSentinel,
}

for (const [type, start] of Object.entries(starts)) {
  describeService('redis', start, (server) => {
    for (const layout of ['feast', 'packed']) {
      const open = (more: Readonly<Record<string, unknown>> = {}): Promise<OnlineStore> =>
        openRedisOnlineStore(optionsFor(server(), { redis_type: type, layout, ...more }))
      describeOnlineStore(
        { describe, it },
        {
          name: layout === 'feast' ? type : `${type}, packed`,
          open,
          openWithKeyTtl: (seconds) => open({ key_ttl_seconds: seconds }),
          eventPrecisionMicros: 1n,
          feastOrder: 'firstOfEqual',
        },
      )
    }
  })
}
