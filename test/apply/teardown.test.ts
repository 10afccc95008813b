import { expect, test } from 'vitest'
import { fileSource, pushSource } from '../../src/define/data-source.ts'
import { entity } from '../../src/define/entity.ts'
import { featureService } from '../../src/define/feature-service.ts'
import { featureView } from '../../src/define/feature-view.ts'
import { project } from '../../src/define/project.ts'
import { emptyRegistry } from '../../src/model/registry-contents.ts'
import { getAnyFeatureView } from '../../src/registry/lookup.ts'
import { openMemoryRegistryStore } from '../../src/registry/memory/memory-registry-store.ts'
import { apply } from '../../src/store/apply.ts'
import { deleteObject } from '../../src/store/delete-object.ts'
import { teardown } from '../../src/store/teardown.ts'
import { setViewEnabled, setViewState } from '../../src/store/view-state.ts'
import { float64, int64 } from '../../src/types/data-type.ts'
import { openContext } from './context.ts'
import { crashing } from './crash.ts'
import { repository, tablesIn, viewNamed } from './parts.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const batch = fileSource('batch', { path: 'data/stats.parquet', timestampField: 'at' })
const pushed = pushSource('pushed', { batchSource: batch })
const stats = featureView('stats', { entities: [driver], source: pushed, schema: { conv_rate: float64 } })
const ranking = featureService('ranking', [stats])

test('teardown removes the project with its tables and leaves the other one whole', async () => {
  const registry = openMemoryRegistryStore()
  const rides = await openContext({ registry, project: 'rides' })
  const food = await openContext({ registry, project: 'food', repoPath: rides.repoPath })
  await apply(rides, repository(ranking))
  await apply(food, repository(ranking))
  const before = await registry.load()
  const done = await teardown(rides)
  expect(done.views).toEqual(['stats'])
  expect(done.registryRemoved).toBe(false)
  expect(done.objects.map((each) => `${each.kind} ${each.name}`)).toEqual([
    'projects rides',
    'entities driver',
    'dataSources pushed',
    'dataSources batch',
    'featureViews stats',
    'featureServices ranking',
  ])
  expect(tablesIn(rides)).toEqual(['food_stats'])
  const { contents } = await registry.load()
  expect(contents.featureViews).toEqual(before.contents.featureViews.filter((each) => each.project === 'food'))
  expect(contents.infrastructure.map((each) => each.name)).toEqual(['food_stats'])
  expect(contents.versionHistory.map((each) => each.project)).toEqual(['food'])
})

test('teardown drops what an interrupted apply left behind', async () => {
  const registry = openMemoryRegistryStore()
  const context = await openContext({ registry })
  await apply(context, repository(stats))
  const stopped = await openContext({
    repoPath: context.repoPath,
    ...crashing('drop tables', registry, () => {
      throw new Error('stopped')
    }),
  })
  await expect(apply(stopped, repository(viewNamed('trips')))).rejects.toThrow('stopped')
  expect(tablesIn(context)).toEqual(['rides_stats', 'rides_trips'])
  expect((await teardown(context)).views).toEqual(['trips', 'stats'])
  expect(tablesIn(context)).toEqual([])
})

test('the registry goes with its last project, and a second teardown finds nothing', async () => {
  const context = await openContext()
  await apply(context, repository(ranking))
  expect((await teardown(context)).registryRemoved).toBe(true)
  expect((await context.registry.load()).contents).toBe(emptyRegistry)
  expect(await teardown(context)).toMatchObject({ objects: [], views: [] })
})

test('a protected project is not torn down', async () => {
  const context = await openContext()
  const shielded = project('rides', { tags: { 'feast.dev/protected-project': 'true' } })
  await apply(context, repository(shielded, ranking))
  await expect(teardown(context)).rejects.toMatchObject({ code: 'FTS3403' })
  expect(tablesIn(context)).toEqual(['rides_stats'])
})

test('an object that others use is not deleted unless forced, and the message names them', async () => {
  const context = await openContext()
  await apply(context, repository(ranking))
  await expect(deleteObject(context, 'stats')).rejects.toMatchObject({
    code: 'FTS3401',
    message: 'The feature view "stats" is in use: feature service "ranking".',
  })
  await expect(deleteObject(context, 'batch')).rejects.toMatchObject({ code: 'FTS3401' })
  await expect(deleteObject(context, 'driver')).rejects.toMatchObject({ code: 'FTS3401' })
  expect(await deleteObject(context, 'stats', { force: true })).toEqual({ kind: 'featureViews', name: 'stats' })
})

test('deleting a view drops its table and forgets its versions', async () => {
  const context = await openContext()
  await apply(context, repository(stats))
  expect(await deleteObject(context, 'stats')).toEqual({ kind: 'featureViews', name: 'stats' })
  expect(tablesIn(context)).toEqual([])
  expect(await context.contents()).toMatchObject({ featureViews: [], versionHistory: [], infrastructure: [] })
})

test('deleting an entity leaves the versions of a view of the same name', async () => {
  const context = await openContext()
  await apply(context, repository(stats, entity('stats', { type: int64 })))
  const { versionHistory } = await context.contents()
  expect(await deleteObject(context, 'stats')).toEqual({ kind: 'entities', name: 'stats' })
  expect(versionHistory.map((each) => each.viewName)).toEqual(['stats'])
  expect((await context.contents()).versionHistory).toEqual(versionHistory)
})

test('deleting a name that nothing has is told apart and writes nothing', async () => {
  const context = await openContext()
  await apply(context, repository(stats))
  const before = await context.registry.load()
  expect(await deleteObject(context, 'nothing')).toBeNull()
  expect(await context.registry.load()).toBe(before)
})

test('a view is switched off and on, and saying it twice writes nothing', async () => {
  const context = await openContext()
  await apply(context, repository(stats))
  expect((await setViewEnabled(context, 'stats', false)).changed).toBe(true)
  expect(getAnyFeatureView(await context.contents(), 'rides', 'stats').enabled).toBe(false)
  const before = await context.registry.load()
  expect((await setViewEnabled(context, 'stats', false)).changed).toBe(false)
  expect(await context.registry.load()).toBe(before)
  await expect(setViewEnabled(context, 'stat', true)).rejects.toMatchObject({ code: 'FTS3104' })
})

test('a state follows only from the one before it', async () => {
  const context = await openContext()
  await apply(context, repository(stats))
  await expect(setViewState(context, 'stats', 'GENERATED')).rejects.toMatchObject({
    code: 'FTS3402',
    notes: ['from UNSPECIFIED it can go to: CREATED'],
  })
  await setViewState(context, 'stats', 'CREATED')
  expect((await setViewState(context, 'stats', 'GENERATED')).view.state).toBe('GENERATED')
  expect((await setViewState(context, 'stats', 'GENERATED')).changed).toBe(false)
})
