import { expect, test } from 'vitest'
import { frozenClock } from '../../src/base/clock.ts'
import { Instant } from '../../src/base/instant.ts'
import { fileSource } from '../../src/define/data-source.ts'
import { entity } from '../../src/define/entity.ts'
import { featureService } from '../../src/define/feature-service.ts'
import { featureView } from '../../src/define/feature-view.ts'
import { onDemandFeatureView } from '../../src/define/on-demand-feature-view.ts'
import { emptyRegistry } from '../../src/model/registry-contents.ts'
import { openMemoryOnlineStore } from '../../src/online/memory/memory-online-store.ts'
import type { OnlineStore } from '../../src/plugin/online-store.ts'
import { putObject } from '../../src/registry/change.ts'
import { getFeatureView, getOnDemandFeatureView } from '../../src/registry/lookup.ts'
import { openMemoryRegistryStore } from '../../src/registry/memory/memory-registry-store.ts'
import { isEmptyPlan, type Plan, readPlan, writePlan } from '../../src/registry/plan.ts'
import { apply, applyObjects } from '../../src/store/apply.ts'
import { deleteObject } from '../../src/store/delete-object.ts'
import { plan } from '../../src/store/plan.ts'
import { float64, int64, string } from '../../src/types/data-type.ts'
import { openContext } from './context.ts'
import { crashing, forward, steps } from './crash.ts'
import { repository, tablesIn, viewNamed as view } from './parts.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })

const changesOf = (made: Plan): readonly string[] =>
  made.registry.filter((each) => each.change !== 'unchanged').map((each) => `${each.change} ${each.kind} ${each.name}`)

const tablesOf = (made: Plan): readonly string[] =>
  made.infrastructure.filter((each) => each.change !== 'unchanged').map((each) => `${each.change} ${each.name}`)

test('the plan says what apply then does, in the order of kinds, with tables', async () => {
  const context = await openContext()
  const definitions = repository(featureService('ranking', [view('stats')]), view('trips'))
  const made = await plan(context, definitions)
  expect(changesOf(made)).toEqual([
    'created projects rides',
    'created dataSources stats_source',
    'created dataSources trips_source',
    'created entities driver',
    'created featureViews trips',
    'created featureViews stats',
    'created featureServices ranking',
  ])
  expect(tablesOf(made)).toEqual(['created rides_trips', 'created rides_stats'])
  expect((await context.registry.load()).contents).toBe(emptyRegistry)
  const done = await apply(context, definitions)
  expect(done.registry).toEqual(made.registry)
  expect(tablesIn(context)).toEqual(['rides_stats', 'rides_trips'])
})

test('a repository that declares everything is applied without opening the offline store', async () => {
  const context = await openContext()
  await apply(context, repository(view('stats')))
  expect(context.opened).toEqual([])
})

test('a second apply changes nothing and writes nothing', async () => {
  const context = await openContext()
  await apply(context, repository(view('stats')))
  const before = await context.registry.load()
  const done = await apply(context, repository(view('stats')))
  expect(isEmptyPlan(done)).toBe(true)
  expect(await context.registry.load()).toBe(before)
})

test('a source whose file is not there yet is a warning, and none when validation is skipped', async () => {
  const context = await openContext()
  const made = await plan(context, repository(view('stats')))
  expect(made.warnings).toEqual(['Data source "stats_source": there is no file data/stats.parquet yet.'])
  expect((await plan(context, repository(view('stats')), { skipSourceValidation: true })).warnings).toEqual([])
})

test('values that another kind of store already holds stay when the registry still records the tables of the former one', async () => {
  const registry = openMemoryRegistryStore(emptyRegistry, frozenClock(Instant.fromEpochSeconds(0)))
  const registryOptions = { enable_online_feature_view_versioning: true }
  const former = await openContext({ registry, registryOptions })
  await apply(former, repository(view('stats')))
  const definitions = repository(view('stats', { conv_rate: float64, trips: int64 }), view('trips'))
  await apply(former, definitions)
  expect((await former.contents()).infrastructure.map((each) => each.name)).toContain('rides_stats_v1')
  const dropped: string[] = []
  const watched = forward(openMemoryOnlineStore())
  const online = (): OnlineStore => ({
    ...watched,
    update: (change) => {
      dropped.push(...change.drop.map((each) => `${each.view} ${each.version}`))
      return watched.update(change)
    },
  })
  const rest = repository(view('stats', { conv_rate: float64, trips: int64 }))
  await apply(await openContext({ registry, registryOptions, online }), rest)
  expect(new Set(dropped)).toEqual(new Set(['trips null']))
})

test('what is not in the code is removed, with its table, its versions and its record', async () => {
  const context = await openContext()
  await apply(context, repository(view('stats'), view('trips')))
  const done = await apply(context, repository(view('stats')))
  expect(changesOf(done)).toEqual(['deleted dataSources trips_source', 'deleted featureViews trips'])
  expect(tablesOf(done)).toEqual(['deleted rides_trips'])
  expect(tablesIn(context)).toEqual(['rides_stats'])
  const contents = await context.contents()
  expect(contents.infrastructure.map((each) => each.name)).toEqual(['rides_stats'])
  expect(contents.versionHistory.map((each) => each.viewName)).toEqual(['stats'])
})

test('a store is told what stays when it drops a view, as views may share what they are stored under', async () => {
  const drops: string[] = []
  const online = (store: OnlineStore): OnlineStore => ({
    ...forward(store),
    update: (change) => {
      const [kept, dropped] = [change.keep, change.drop].map((tables) => tables.map((table) => table.view))
      if (change.drop.length > 0) drops.push(`${dropped} beside ${kept}`)
      return store.update(change)
    },
  })
  const context = await openContext({ online })
  await apply(context, repository(view('stats'), view('trips'), view('city')))
  await apply(context, repository(view('stats'), view('trips')))
  await deleteObject(context, 'trips')
  expect(drops).toEqual(['city beside stats,trips', 'trips beside stats'])
})

test('an update says property by property what changes, and keeps what the registry learned', async () => {
  const context = await openContext({ now: '2026-01-01T00:00:00Z' })
  await apply(context, repository(view('stats')))
  const at = Instant.fromEpochSeconds(1)
  const learned = {
    ...getFeatureView(await context.contents(), 'rides', 'stats'),
    intervals: [{ start: at, end: at }],
    state: 'AVAILABLE_ONLINE',
  } as const
  await context.registry.transact(({ contents }) =>
    learned.kind === 'featureView' ? putObject(contents, 'featureViews', learned) : contents,
  )
  const later = await openContext({
    registry: context.registry,
    repoPath: context.repoPath,
    now: '2026-02-01T00:00:00Z',
  })
  const done = await apply(later, repository(view('stats', { conv_rate: float64 }, { tags: { team: 'rides' } })))
  expect(done.registry.find((each) => each.name === 'stats')?.properties).toEqual([
    { property: 'tags', before: {}, after: { team: 'rides' } },
  ])
  const stats = getFeatureView(await later.contents(), 'rides', 'stats')
  expect(stats).toMatchObject({ tags: { team: 'rides' }, intervals: learned.intervals, state: 'AVAILABLE_ONLINE' })
  expect(stats.createdAt?.toString()).toBe('2026-01-01T00:00:00Z')
  expect(stats.updatedAt?.toString()).toBe('2026-02-01T00:00:00Z')
})

test('a changed schema makes a version, changed tags do not, and both keep the number', async () => {
  const context = await openContext()
  const versions = async (): Promise<unknown> => {
    const contents = await context.contents()
    return [
      getFeatureView(contents, 'rides', 'stats').currentVersion ?? 0,
      contents.versionHistory.map((each) => each.version),
    ]
  }
  await apply(context, repository(view('stats')))
  expect(await versions()).toEqual([0, [0]])
  const wide = { conv_rate: float64, trips: int64 }
  await apply(context, repository(view('stats', wide)))
  expect(await versions()).toEqual([1, [0, 1]])
  await apply(context, repository(view('stats', wide, { tags: { team: 'rides' } })))
  expect(await versions()).toEqual([1, [0, 1]])
})

test('without promotion a changed view becomes a version once and stays as it is', async () => {
  const context = await openContext()
  await apply(context, repository(view('stats')))
  const changed = repository(view('stats', { conv_rate: float64, trips: int64 }))
  await apply(context, changed, { noPromote: true })
  await apply(context, changed, { noPromote: true })
  const contents = await context.contents()
  expect(getFeatureView(contents, 'rides', 'stats').features.map((each) => each.name)).toEqual(['conv_rate'])
  expect(contents.versionHistory.map((each) => each.version)).toEqual([0, 1])
})

test('a view pinned to a version has its definition back, and stays so on the next apply', async () => {
  const context = await openContext()
  await apply(context, repository(view('stats')))
  const wide = { conv_rate: float64, trips: int64 }
  await apply(context, repository(view('stats', wide)))
  const pinned = repository(view('stats', wide, { version: 'v0' }))
  await apply(context, pinned)
  const stats = getFeatureView(await context.contents(), 'rides', 'stats')
  expect(stats).toMatchObject({ version: 'v0' })
  expect(stats.features.map((each) => each.name)).toEqual(['conv_rate'])
  expect(isEmptyPlan(await apply(context, pinned))).toBe(true)
  const edited = repository(view('stats', { conv_rate: string }, { version: 'v0' }))
  await expect(apply(context, edited)).rejects.toMatchObject({ code: 'FTS3305' })
})

test('objects applied one by one all stay, whatever their order', async () => {
  const registry = openMemoryRegistryStore()
  const contexts = await Promise.all(Array.from({ length: 8 }, () => openContext({ registry })))
  await Promise.all(contexts.map((context, index) => applyObjects(context, [view(`view_${index}`)])))
  const { contents } = await registry.load()
  expect(contents.featureViews.map((each) => each.name).sort()).toEqual(
    Array.from({ length: 8 }, (_, index) => `view_${index}`),
  )
  expect(contents.infrastructure).toHaveLength(8)
})

test('a view that another writer adds between plan and commit is not removed by it', async () => {
  const registry = openMemoryRegistryStore()
  const other = await openContext({ registry })
  const context = await openContext({
    registry,
    online: (store) => ({
      ...forward(store),
      update: async (change) => {
        await applyObjects(other, [view('late')])
        await store.update(change)
      },
    }),
  })
  await apply(context, repository(view('stats')))
  expect((await context.contents()).featureViews.map((each) => each.name).sort()).toEqual(['late', 'stats'])
})

test('another project in the registry stays as it is, infrastructure included', async () => {
  const registry = openMemoryRegistryStore()
  const food = await openContext({ registry, project: 'rides_food' })
  await apply(food, repository(view('stats')))
  const rides = await openContext({ registry, project: 'rides' })
  await apply(rides, repository(view('trips')))
  await apply(rides, repository(view('city')))
  const { contents } = await registry.load()
  expect(contents.infrastructure.map((each) => each.name).sort()).toEqual(['rides_city', 'rides_food_stats'])
  expect(contents.featureViews.map((each) => `${each.project}/${each.name}`).sort()).toEqual([
    'rides/city',
    'rides_food/stats',
  ])
  expect(isEmptyPlan(await plan(food, repository(view('stats'))))).toBe(true)
})

test('with no online store only the registry is applied', async () => {
  const context = await openContext({ withoutOnlineStore: true })
  const done = await apply(context, repository(view('stats')))
  expect(done.infrastructure).toEqual([])
  expect((await context.contents()).featureViews).toHaveLength(1)
})

test('an on-demand view that writes online has a table that goes with it', async () => {
  const context = await openContext()
  const source = fileSource('stats_source', { path: 'data/stats.parquet', timestampField: 'at' })
  const stats = featureView('stats', { entities: [driver], source, schema: { conv_rate: float64 } })
  const doubled = onDemandFeatureView('doubled', {
    entities: [driver],
    sources: { stats },
    schema: { twice: float64 },
    transform: ({ stats: row }) => ({ twice: row.conv_rate === null ? null : row.conv_rate * 2 }),
    writeToOnlineStore: true,
  })
  await apply(context, repository(doubled))
  expect(tablesIn(context)).toEqual(['rides_doubled', 'rides_stats'])
  expect(getOnDemandFeatureView(await context.contents(), 'rides', 'doubled').function).toBeUndefined()
  expect(isEmptyPlan(await plan(context, repository(doubled)))).toBe(true)
  await apply(context, repository(stats))
  expect(tablesIn(context)).toEqual(['rides_stats'])
})

test('two names that differ only in case are refused, also when one of them is only registered', async () => {
  const context = await openContext()
  await applyObjects(context, [view('stats')])
  await expect(applyObjects(context, [view('STATS')])).rejects.toMatchObject({
    code: 'FTS3302',
    message: 'Two views are named "STATS", case ignored: feature view "stats" is registered.',
  })
})

test('a version that is none is refused, also in an edited copy of a definition', async () => {
  const context = await openContext()
  const edited = repository(driver, { ...view('stats'), version: 'two' })
  await expect(apply(context, edited)).rejects.toMatchObject({ code: 'FTS2010' })
})

test('a project with another name than the configuration says is refused', async () => {
  const context = await openContext()
  const wrong = { ...repository(view('stats')), projects: [projectNamed('food')] }
  await expect(apply(context, wrong)).rejects.toMatchObject({ code: 'FTS3303' })
})

test('a plan carried through a file does what it said', async () => {
  const context = await openContext()
  const made = await plan(context, repository(view('stats')))
  const carried = readPlan(writePlan(made), 'plan.json')
  expect(carried.registry).toEqual(made.registry)
  const done = await apply(context, carried)
  expect(done.registry).toEqual(made.registry)
  expect(isEmptyPlan(await plan(context, repository(view('stats'))))).toBe(true)
})

test('a plan is refused when the registry has moved on, was edited, or belongs to another project', async () => {
  const context = await openContext()
  const made = await plan(context, repository(view('stats')))
  const text = writePlan(made)
  expect(() => readPlan(text.replace('"stats"', '"trips"'), 'plan.json')).toThrow(
    expect.objectContaining({ code: 'FTS3202' }),
  )
  expect(() => readPlan('{}', 'plan.json')).toThrow(expect.objectContaining({ code: 'FTS3202' }))
  const other = await openContext({ project: 'food' })
  await expect(apply(other, readPlan(text, 'plan.json'))).rejects.toMatchObject({ code: 'FTS3204' })
  await applyObjects(context, [view('late')])
  await expect(apply(context, readPlan(text, 'plan.json'))).rejects.toMatchObject({ code: 'FTS3201' })
})

function projectNamed(name: string) {
  return { kind: 'project', name, project: name, description: '', tags: {}, owner: '' } as const
}

for (const step of steps) {
  test(`after a crash at "${step}" no view lacks its table, and the same apply completes the work`, async () => {
    const context = await openContext()
    await apply(context, repository(view('stats'), view('old')))
    const next = repository(view('stats'), view('new'))
    const stopped = await openContext({
      repoPath: context.repoPath,
      ...crashing(step, context.registry, () => {
        throw new Error(`stopped at: ${step}`)
      }),
    })
    await expect(apply(stopped, next)).rejects.toThrow('stopped at')
    for (const each of (await context.contents()).featureViews)
      expect(tablesIn(context)).toContain(`rides_${each.name}`)
    await apply(context, next)
    expect(tablesIn(context)).toEqual(['rides_new', 'rides_stats'])
    const contents = await context.contents()
    expect(contents.featureViews.map((each) => each.name).sort()).toEqual(['new', 'stats'])
    expect(contents.infrastructure.map((each) => each.name).sort()).toEqual(['rides_new', 'rides_stats'])
    expect(isEmptyPlan(await plan(context, next))).toBe(true)
  })
}
