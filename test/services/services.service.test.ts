import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { describeService } from './describe-service.ts'
import { dynamodbLocal } from './dynamodb.ts'
import { mariadbServer } from './mariadb.ts'
import { postgresServer } from './postgres.ts'
import { redisCluster, redisSentinel, redisServer } from './redis.ts'
import type { Service } from './service.ts'

/** True when something listens there. */
function listens({ host, port }: Service): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function itCanBeKilled(service: () => Service): void {
  it('listens, can be killed and started again', async () => {
    expect(await listens(service())).toBe(true)
    await service().kill()
    // A child that the server has just forked may hold the port for a moment.
    await expect.poll(() => listens(service()), { timeout: 10_000 }).toBe(false)
    await service().restart()
    expect(await listens(service())).toBe(true)
    await service().stop()
    expect(await listens(service())).toBe(false)
  })
}

describeService(
  'redis',
  () => redisServer({ tls: true }),
  (redis) => {
    it('speaks TLS when asked to', async () => {
      expect(await redis().cli('PING')).toBe('PONG')
    })
    itCanBeKilled(redis)
  },
)
describeService('redis', redisCluster, (cluster) => {
  it('has three masters that share all slots', async () => {
    const info = await cluster().nodes[2]?.cli('CLUSTER', 'INFO')
    expect(info).toContain('cluster_slots_ok:16384')
    expect(info).toContain('cluster_size:3')
  })
  itCanBeKilled(cluster)
})
describeService('redis-sentinel', redisSentinel, (sentinel) => {
  itCanBeKilled(sentinel)
})
describeService('postgres', () => postgresServer({ tls: 'only' }), itCanBeKilled)
describeService('mariadb', mariadbServer, itCanBeKilled)
describeService('dynamodb', dynamodbLocal, itCanBeKilled)
