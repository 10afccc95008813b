import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { InjectOptions } from 'fastify'
import type { ErrorCode } from '../../src/base/errors/catalogue.ts'
import { FeatureStoreError, type FeatureStoreErrorOptions } from '../../src/base/errors/feature-store-error.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { httpApp, startHttpServer } from '../../src/serve/http/http-server.ts'
import { RequestGate } from '../../src/serve/limits.ts'
import { defaultLimits, type ServingLimits, servingSettings } from '../../src/serve/serving-settings.ts'
import { type Fixture, features, yaml } from './stage.ts'

const full = { features: ['driver_stats:trips'], entities: { driver_id: [1001, 1002] } }

/** What a server answers to one request, as the error that it came from. */
const answered =
  (request: InjectOptions, limits: Partial<ServingLimits> = {}): Fixture =>
  async (stage) => {
    const app = await httpApp({ store: await stage.applied(), limits: { ...defaultLimits, ...limits } })
    try {
      const { code, ...rest } = (await app.inject(request)).json<FeatureStoreErrorOptions & { code: ErrorCode }>()
      throw new FeatureStoreError(code, rest)
    } finally {
      await app.close()
    }
  }

const post = (payload: string | object): InjectOptions => ({ method: 'POST', url: '/get-online-features', payload })

const gate = (limits: Partial<ServingLimits>): RequestGate => new RequestGate({ ...defaultLimits, ...limits })
const never = (): Promise<never> => new Promise(() => {})

/** What a server answers to bytes that are no request. */
const answeredBytes =
  (bytes: string): Fixture =>
  async (stage) => {
    const server = await startHttpServer({ store: await stage.applied() })
    try {
      const socket = connect(server.port, '127.0.0.1')
      socket.end(bytes)
      const answer = await text(socket)
      const { code, ...rest } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
      throw new FeatureStoreError(code, rest)
    } finally {
      await server.close()
    }
  }

export const servingFixtures: Readonly<Record<string, Fixture>> = {
  FTS7001: answered(post('{"features": [')),
  FTS7002: answered(post({ features: ['driver_stats:trips'] })),
  FTS7003: answered({ method: 'GET', url: '/features' }),
  FTS7004: answered({ method: 'GET', url: '/get-online-features' }),
  FTS7005: answered(post(full), { maxRows: 1 }),
  FTS7006: async () => {
    const busy = gate({ maxConcurrentRequests: 1 })
    void busy.run(never)
    return busy.run(never)
  },
  FTS7007: async () => gate({ requestTimeoutSeconds: 0.02 }).run(never),
  FTS7013: answeredBytes('hello\r\n\r\n'),
  FTS7014: async () =>
    servingSettings(parseConfig({ project: 'rides', registry: 'registry.db', auth: { type: 'kubernetes' } })),
  FTS7008: async (stage) => startHttpServer({ store: await stage.applied(), host: '192.0.2.1', port: 6566 }),
  FTS7009: async (stage) => {
    const tls = { keyPath: 'no-such-key.pem', certPath: 'no-such-cert.pem' }
    return startHttpServer({ store: await stage.applied(), tls })
  },
  FTS7010: async (stage) => {
    await stage.write('data/.feature-server', 'a file where a folder should be')
    const settings = 'feature_server: { offline_push_batching_enabled: true }'
    return httpApp({ store: await stage.store(features, `${yaml}${settings}\n`) })
  },
  FTS7011: async (stage) => {
    const store = await stage.applied()
    await store.materialize({ start: '2026-01-01', end: '2026-01-02' })
    await store.setViewState('driver_stats', 'MATERIALIZING')
    return answered({ method: 'POST', url: '/materialize-incremental?async=true', payload: { end_ts: '2026-01-03' } })(
      stage,
    )
  },
}
