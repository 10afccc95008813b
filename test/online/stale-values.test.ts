import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { entity, featureView, fileSource, hours, int64, openStore } from '../../src/index.ts'
import { featureRequest, readFeatures } from '../../src/serve/feature-request.ts'
import { encodeOnlineFeatures } from '../../src/serve/http/encode-online-features.ts'

const folder = await mkdtemp(join(tmpdir(), 'stale-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const source = fileSource('file', { path: 'data/stats.parquet', timestampField: 'ts' })
const stats = featureView('stats', { entities: [driver], ttl: hours(1), schema: { trips: int64 }, source })

test.each([
  ['no setting', {}, [5n, 7n], ['PRESENT', 'OUTSIDE_MAX_AGE']],
  ['mark', { serving: { stale_values: 'mark' } }, [5n, 7n], ['PRESENT', 'OUTSIDE_MAX_AGE']],
  ['drop', { feature_server: { type: 'local', stale_values: 'drop' } }, [5n, null], ['PRESENT', 'OUTSIDE_MAX_AGE']],
  ['ignore', { serving: { stale_values: 'ignore' } }, [5n, 7n], ['PRESENT', 'PRESENT']],
  ['compatibility: feast', { compatibility: 'feast' }, [5n, 7n], ['PRESENT', 'PRESENT']],
])(
  'with %s values older than the ttl of their view are so, in process and as JSON',
  async (name, more, values, statuses) => {
    const online = { type: 'sqlite', path: `${name.replaceAll(/\W/g, '')}.db` }
    const configuration = { project: 'p', provider: 'local', registry: `${online.path}.registry`, online_store: online }
    const store = await openStore({ ...configuration, ...more }, { definitions: [driver, stats], repoPath: folder })
    await store.apply()
    const twoHoursAgo = new Date(Date.now() - 7_200_000)
    const rows = [
      { driver_id: 1, ts: new Date(), trips: 5 },
      { driver_id: 2, ts: twoHoursAgo, trips: 7 },
    ]
    await store.writeToOnlineStore({ view: 'stats', rows })
    const request = featureRequest({ features: ['stats:trips'], entities: [{ driver_id: 1 }, { driver_id: '2' }] })
    const response = await readFeatures(store, request, new AbortController().signal)
    expect(response.column('trips')).toEqual(values)
    expect(response.statuses('trips')).toEqual(statuses)
    expect(JSON.parse(encodeOnlineFeatures(response).toString())).toMatchObject({
      results: [{ values: [1, 2] }, { values: values.map((value) => value && Number(value)), statuses }],
      metadata: { feature_names: ['driver_id', 'trips'] },
    })
    await store.close()
  },
)
