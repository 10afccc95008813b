import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frozenClock } from '../src/base/clock.ts'
import { entity, type FeatureStore, featureView, fileSource, int64, openStore, string } from '../src/index.ts'
import { OnDemandFeatureViewSchema } from '../src/wire/gen/feast/core/OnDemandFeatureView_pb.ts'
import { RegistrySchema } from '../src/wire/gen/feast/core/Registry_pb.ts'
import { at, configuration, noon } from './rides.ts'
import { writeParquet } from './write-parquet.ts'

// A registry that real Feast wrote, with on-demand functions in Python.
const golden = join(import.meta.dirname, 'goldens/wire/registry/reg_odfv/registry.db')
const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const profile = featureView('profile', {
  entities: [driver],
  schema: { city: string },
  source: fileSource('profile_source', { path: 'data/profile.parquet', timestampField: 'ts' }),
})

let folder: string
let store: FeatureStore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'python-'))
  await writeParquet(join(folder, 'data/x.parquet'), [{ driver_id: 1n, ts: at('2024-03-01T11:00:00Z'), a: 7n, c: 'x' }])
  await copyFile(golden, join(folder, 'data/registry.db'))
  store = await openStore({ ...configuration, project: 'reg_odfv' }, { repoPath: folder, clock: frozenClock(noon) })
  await store.apply([driver, profile])
})

afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

async function onDemandBytes(path: string): Promise<readonly Buffer[]> {
  const { onDemandFeatureViews } = fromBinary(RegistrySchema, await readFile(path))
  return onDemandFeatureViews.map((view) => Buffer.from(toBinary(OnDemandFeatureViewSchema, view)))
}

test('views with functions in Python are byte for byte what they were after another object was applied', async () => {
  const before = await onDemandBytes(golden)
  const path = join(folder, 'data/registry.db')
  expect(fromBinary(RegistrySchema, await readFile(path)).featureViews.map((view) => view.spec?.name)).toContain(
    'profile',
  )
  expect(await onDemandBytes(path)).toEqual(before)
  expect((await readFile(path)).includes(before[0] ?? 'nothing')).toBe(true)
})

describe.each([
  ['odfv_pandas_fn:sum', 'odfv_pandas_fn', 'pandas'],
  ['odfv_python_fn:doubled', 'odfv_python_fn', 'python'],
  ['odfv_single_fn:neg', 'odfv_single_fn', 'python'],
])('a function in Python, asked for as %s, is refused by view and mode', (reference, view, mode) => {
  const refusal = {
    code: 'FTS2301',
    message: expect.stringContaining(`"${view}" has a function of mode "${mode}"`),
    notes: [expect.stringContaining('leave this view out'), expect.stringContaining('stands in for it')],
  }

  test('in an online read', async () => {
    const entities = [{ driver_id: 1, x: 1 }]
    await expect(store.getOnlineFeatures({ features: [reference], entities })).rejects.toMatchObject(refusal)
  })

  test('in a training set', async () => {
    const entities = [{ driver_id: 1, x: 1, event_timestamp: noon }]
    await expect(store.getHistoricalFeatures({ features: [reference], entities }).toRows()).rejects.toMatchObject(
      refusal,
    )
  })
})

test('a stored on-demand view in Python is refused before anything of it is written', async () => {
  const window = { start: '2024-01-01', end: noon }
  await expect(store.materialize({ ...window, views: ['written'] })).rejects.toMatchObject({ code: 'FTS2301' })
})

test('views beside them are materialized and read', async () => {
  await store.materialize({ start: '2024-01-01', end: noon, views: ['base'] })
  const online = await store.getOnlineFeatures({ features: ['base:a'], entities: [{ driver_id: 1 }] })
  expect(online.rows()).toEqual([{ driver_id: 1n, a: 7n }])
  const entities = [{ driver_id: 1, event_timestamp: noon }]
  const historical = await store.getHistoricalFeatures({ features: ['base:a', 'base:c'], entities }).toRows()
  expect(historical).toEqual([{ driver_id: 1n, event_timestamp: noon, a: 7n, c: 'x' }])
})
