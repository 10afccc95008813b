import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { type Logger, silentLogger } from '../base/logger.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import { ServingMetrics } from './metrics/serving-metrics.ts'
import { RegistryRefresh } from './registry-refresh.ts'

/** A store whose registry is read by `read`. */
const storeWith = (read: () => Promise<unknown>) => ({ refreshRegistry: read }) as unknown as FeatureStore

function recording(): { readonly logger: Logger; readonly lines: [string, unknown][] } {
  const lines: [string, unknown][] = []
  const line = (level: string) => (_message: string, fields?: object) => void lines.push([level, fields])
  return { logger: { ...silentLogger, warn: line('warn'), error: line('error') }, lines }
}

describe('the registry of a server', () => {
  test('is read again and again, one read at a time', async () => {
    let [reads, atOnce, most] = [0, 0, 0]
    const store = storeWith(async () => {
      reads += 1
      atOnce += 1
      most = Math.max(most, atOnce)
      await sleep(25)
      atOnce -= 1
    })
    const metrics = new ServingMetrics()
    {
      using _refresh = new RegistryRefresh({ store, everySeconds: 0.01, metrics, logger: silentLogger })
      while (reads < 3) await sleep(5)
    }
    const after = reads
    expect(most).toBe(1)
    await sleep(60)
    expect(reads).toBe(after)
  })

  test('that cannot be read is a warning with its code, and counted', async () => {
    const { logger, lines } = recording()
    const metrics = new ServingMetrics()
    const store = storeWith(() => Promise.reject(new FeatureStoreError('FTS3001', { message: 'No registry.' })))
    using refresh = new RegistryRefresh({ store, everySeconds: 60, metrics, logger })
    await refresh.refresh()
    expect(lines).toEqual([['warn', { code: 'FTS3001', message: 'No registry.' }]])
    expect(metrics.registryRefreshFailures).toBe(1)
  })

  test('that cannot be read by a fault of ours is an error with its stack', async () => {
    const { logger, lines } = recording()
    const store = storeWith(() => Promise.reject(new TypeError('undefined is no registry')))
    using refresh = new RegistryRefresh({ store, everySeconds: 60, metrics: new ServingMetrics(), logger })
    await refresh.refresh()
    expect(lines).toEqual([['error', { stack: expect.stringContaining('registry-refresh.test.ts') }]])
  })
})
