import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { driverFeatures, drivers, inStore, makeRepository, onlineByFeast, window, writeByFeast } from './both-sides.ts'
import { feastSide } from './feast-side.ts'
import { asPythonLists, type Listing, listedByUs, onlineByUs, rowsOfParquet, withoutTimes } from './our-side.ts'

const references = [...driverFeatures, 'driver_city_weather:rain', 'driver_city_weather:sky']
const entityRows = drivers.map((driver, index) => ({ ...driver, city_name: `city${index % 101}` }))
const folder = mkdtempSync(join(tmpdir(), 'interop-'))

const materializeByUs = async (repo: string): Promise<unknown> =>
  inStore(repo, async (store) => store.materialize(window))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a repository that we applied and materialized', () => {
  let repo: string
  beforeAll(async () => {
    repo = await makeRepository(join(folder, 'ours'))
    copyFileSync(fileURLToPath(new URL('./on-demand.ts', import.meta.url)), join(repo, 'on-demand.ts'))
    await inStore(repo, async (store) => store.apply())
    await materializeByUs(repo)
  })

  test('opens in real Feast, and every object that it lists equals ours', async () => {
    expect(asPythonLists(await feastSide('list', repo))).toEqual(asPythonLists(await inStore(repo, listedByUs)))
  })

  test('gives real Feast the online values that it gives us', async () => {
    expect(await onlineByFeast(repo, references, entityRows)).toEqual(
      await inStore(repo, async (store) => onlineByUs(store, references, entityRows)),
    )
  })

  test('loses nothing when real Feast applies the same definitions after us', async () => {
    const before = await inStore(repo, listedByUs)
    const { output } = await feastSide<{ output: string }>('apply', repo)
    const after = await inStore(repo, listedByUs)
    // Python doesn't define the on-demand view and its request source, so its apply removes them and nothing else.
    const removed = (list: Listing): Listing => ({
      ...list,
      onDemandFeatureViews: [],
      dataSources: list.dataSources.filter((source) => source.name !== 'trip'),
    })
    expect(output).toContain('Deleted on demand feature view fare')
    expect(asPythonLists(withoutTimes(removed(after)))).toEqual(asPythonLists(withoutTimes(removed(before))))
  })
})

describe('a repository that real Feast applied and materialized', () => {
  let repo: string
  beforeAll(async () => {
    repo = await makeRepository(join(folder, 'theirs'))
    await writeByFeast(repo)
  })

  test('lists the same objects to us', async () => {
    expect(asPythonLists(await inStore(repo, listedByUs))).toEqual(asPythonLists(await feastSide('list', repo)))
  })

  test('gives us the online values that it gives real Feast', async () => {
    expect(await inStore(repo, async (store) => onlineByUs(store, references, entityRows))).toEqual(
      await onlineByFeast(repo, references, entityRows),
    )
  })

  test('joins 10 000 entity rows with 3 views to the same rows, one by one', async () => {
    const list = join(repo, 'references.json')
    writeFileSync(list, JSON.stringify(references))
    const theirs = join(repo, 'theirs.parquet')
    const ours = join(repo, 'ours.parquet')
    await feastSide('historical', repo, 'data/entities.parquet', list, theirs)
    await inStore(repo, async (store) =>
      store
        .getHistoricalFeatures({ features: references, entities: join(repo, 'data/entities.parquet') })
        .toParquet(ours),
    )
    const expected = await rowsOfParquet(theirs, 'label')
    expect(expected).toHaveLength(10_000)
    expect(await rowsOfParquet(ours, 'label')).toEqual(expected)
  })

  test('is unchanged by our apply of the same definitions: no update, no lost interval', async () => {
    const before = await inStore(repo, listedByUs)
    const bytes = readFileSync(join(repo, 'data/registry.db'))
    await inStore(repo, async (store) => store.apply())
    expect(await inStore(repo, listedByUs)).toEqual(before)
    expect(readFileSync(join(repo, 'data/registry.db')).equals(bytes)).toBe(true)
  })

  test('keeps what each side added when the other applies: intervals of both', async () => {
    await materializeByUs(repo)
    await feastSide('apply', repo)
    const listed = await inStore(repo, listedByUs)
    const stats = listed.featureViews.find((view) => JSON.stringify(view).includes('"driver_stats"'))
    expect(stats).toHaveProperty('meta.materializationIntervals.length', 2)
    expect(asPythonLists(await feastSide('list', repo))).toEqual(asPythonLists(listed))
  })
})
