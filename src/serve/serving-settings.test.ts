import { describe, expect, test } from 'vitest'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import { parseConfig } from '../config/parse-config.ts'
import { defaultLimits, servingLimits, servingSettings } from './serving-settings.ts'

const config = (more: object = {}): FeatureStoreConfig => parseConfig({ project: 'p', registry: 'r.db', ...more })

describe('the settings of a server', () => {
  test('are Feast’s without flags: HTTP on 127.0.0.1:6566, one worker, keep-alive 30 s, registry every 60 s', () => {
    expect(servingSettings(config())).toEqual({
      host: '127.0.0.1',
      port: 6566,
      grpcPort: null,
      workers: 1,
      keepAliveSeconds: 30,
      registryTtlSeconds: 60,
      accessLog: true,
      tls: null,
      metrics: false,
      metricsHost: '127.0.0.1',
      metricsPort: 8000,
      explain: false,
      limits: defaultLimits,
    })
  })

  test('of type grpc put gRPC on the port, and no HTTP', () => {
    expect(servingSettings(config(), { type: 'grpc' })).toMatchObject({ port: null, grpcPort: 6566 })
    expect(servingSettings(config(), { type: 'grpc', port: 7 })).toMatchObject({ port: null, grpcPort: 7 })
    expect(servingSettings(config(), { port: 7, grpcPort: 8 })).toMatchObject({ port: 7, grpcPort: 8 })
  })

  test('with -1 workers have two for each CPU and one more', () => {
    expect(servingSettings(config(), { workers: -1 }, 4).workers).toBe(9)
  })

  test('serve metrics on their port by flag or by Feast’s key', () => {
    expect(servingSettings(config(), { metrics: true }).metrics).toBe(true)
    expect(servingSettings(config({ feature_server: { metrics: { enabled: true } } })).metrics).toBe(true)
    expect(servingSettings(config(), { metricsPort: 9 })).toMatchObject({ metrics: true, metricsPort: 9 })
  })

  test('have limits from feature_server, and from serving, which Python Feast ignores and which wins', () => {
    const limits = { max_rows: 5, request_timeout_seconds: 0.5 }
    expect(servingLimits(config({ feature_server: { limits } }))).toEqual({
      ...defaultLimits,
      maxRows: 5,
      requestTimeoutSeconds: 0.5,
    })
    const both = config({ feature_server: { limits }, serving: { limits: { max_rows: 6 } } })
    expect(servingLimits(both)).toMatchObject({ maxRows: 6, requestTimeoutSeconds: 0.5 })
  })

  test.each([{ max_rows: 0 }, { max_rows: 'many' }, { request_timeout_seconds: 0 }, { max_row: 5 }])(
    'refuse the limits %j',
    (limits) => {
      expect(() => servingLimits(config({ serving: { limits } }))).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^FTS100[35]$/) }),
      )
    },
  )
})
