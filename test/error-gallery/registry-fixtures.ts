import { readFile, writeFile } from 'node:fs/promises'
import type { FeatureView } from '../../src/model/feature-view.ts'
import { type Fixture, features, statsSql, yaml } from './stage.ts'

const describe =
  (kind: string): Fixture =>
  async (stage) => {
    await stage.applied()
    return stage.feast(kind, 'describe', 'drivr')
  }

/** Applies definitions that are changed in one place. */
const applying =
  (change: (text: string) => string, sql: string = statsSql): Fixture =>
  async (stage) => {
    await stage.parquet(sql)
    return (await stage.store(change(features))).apply()
  }

const withoutSchema = (text: string): string => text.replace('schema: { conv_rate: float32, trips: int64 },', '')

const planned = (change: (plan: string) => string): Fixture => {
  return async (stage) => {
    await stage.parquet()
    await stage.store()
    await stage.feast('plan', '--out', 'next.plan')
    await writeFile(stage.path('next.plan'), change(await readFile(stage.path('next.plan'), 'utf8')))
    return stage.feast('apply', '--plan', 'next.plan')
  }
}

/** Applies one view by itself, with one property that the definition functions would not let through. */
const changedView =
  (change: Partial<FeatureView>): Fixture =>
  async (stage) => {
    const store = await stage.applied()
    const [view] = (await stage.load(features)).featureViews
    return store.apply(view === undefined ? [] : [{ ...view, ...change }])
  }

export const registryFixtures: Readonly<Record<string, Fixture>> = {
  FTS3001: async (stage) => {
    await stage.store()
    await stage.write('data/registry.db', 'this is a shopping list')
    return stage.feast('entities', 'list')
  },
  FTS3002: async () => {
    const { array, pdfBytes } = await import('../../src/types/data-type.ts')
    const { plainField } = await import('../../src/model/field.ts')
    const { fieldToMessage } = await import('../../src/wire/field.ts')
    return fieldToMessage(plainField('scans', array(pdfBytes)))
  },
  FTS3004: async (stage) => {
    await stage.write('data', 'a file where a folder should be')
    return (await stage.store("export const nothing = 'here'\n")).apply([], { partial: false })
  },
  FTS3101: (stage) => describe('projects')(stage),
  FTS3102: describe('entities'),
  FTS3103: describe('data-sources'),
  FTS3104: describe('feature-views'),
  FTS3105: describe('feature-services'),
  FTS3106: describe('saved-datasets'),
  FTS3107: describe('validation-references'),
  FTS3108: describe('permissions'),
  FTS3201: async (stage) => {
    await stage.parquet()
    const store = await stage.store()
    await stage.feast('plan', '--out', 'next.plan')
    await store.apply()
    return (await stage.feast('apply', '--plan', 'next.plan')).replaceAll(
      /revision [0-9a-f]{12}/g,
      'revision 5f0c17a02b9d',
    )
  },
  FTS3202: planned((plan) => plan.replace('driver_stats', 'driver_status')),
  FTS3203: planned((plan) => plan.replace('"formatVersion": 1', '"formatVersion": 9')),
  FTS3204: async (stage) => {
    await stage.parquet()
    await stage.store()
    await stage.feast('plan', '--out', 'next.plan')
    await stage.store(features, yaml.replace('project: rides', 'project: bikes'))
    return stage.feast('apply', '--plan', 'next.plan')
  },
  FTS3005: async (stage) => {
    const { registryStores } = await import('../../src/plugin/catalogue.ts')
    const { testStoreOptions } = await import('../../src/testing/store-options.ts')
    const { emptyRegistry } = await import('../../src/model/registry-contents.ts')
    const [driver] = (await stage.load(features)).entities
    const options = testStoreOptions({ type: 'file', options: { path: 'data/registry.db' } }, stage.folder)
    const registry = await (await registryStores.file?.load())?.open(options)
    const homeless = driver === undefined ? [] : [{ ...driver, project: 'rides' }]
    return registry?.transact(() => ({ ...emptyRegistry, entities: homeless }))
  },
  FTS3301: changedView({ entities: ['drvr'] }),
  FTS3302: changedView({ name: 'Driver_Stats' }),
  FTS3305: async (stage) => {
    await (await stage.applied()).close()
    const schema = 'schema: { conv_rate: float32 },'
    const changed = features.replace('schema: { conv_rate: float32, trips: int64 },', schema)
    await stage.write('features.ts', changed)
    await stage.run('apply')
    await stage.write('features.ts', changed.replace(schema, "schema: { conv_rate: float64 }, version: 'v0',"))
    return stage.run('apply')
  },
  FTS3309: applying((text) =>
    text.replace('import {', 'import { kafkaSource, streamFeatureView,').replace(
      'export const trip',
      `const events = kafkaSource('events', {
  timestampField: 'event_timestamp', bootstrapServers: 'k:9092', topic: 't', messageFormat: { kind: 'json', schemaJson: '' }, batchSource: source,
})
export const clicks = streamFeatureView('clicks', { entities: [driver], source: events })
export const trip`,
    ),
  ),
  FTS3310: async (stage) => {
    const { featureService } = await import('../../src/define/feature-service.ts')
    const store = await stage.applied()
    // A definition without a place of the fixture's own: the gallery shows the text, not where this file is.
    return store.apply([{ ...featureService('ranking', ['driver_stat:trips']) }])
  },
  FTS3303: applying((text) =>
    text
      .replace('import {', 'import { project,')
      .replace('export const driver', "export const home = project('bikes')\nexport const driver"),
  ),
  FTS3306: applying(
    (text) => text.replace(", timestampField: 'event_timestamp'", ''),
    `${statsSql}, now()::TIMESTAMP AS created`,
  ),
  FTS3307: applying(
    withoutSchema,
    "SELECT TIMESTAMPTZ '2026-01-01 10:00:00+00' AS event_timestamp, 1001::BIGINT AS driver_id",
  ),
  FTS3308: applying((text) => withoutSchema(text).replace("joinKey: 'driver_id', type: int64", "joinKey: 'chauffeur'")),
  FTS3311: applying((text) =>
    text.replace(
      'export const stats',
      "export const twin = fileSource('Driver_Source', { path: 'data/stats.parquet', timestampField: 'event_timestamp' })\nexport const stats",
    ),
  ),
  FTS3401: async (stage) => {
    await stage.applied()
    return stage.feast('delete', 'driver')
  },
  FTS3402: async (stage) => {
    await stage.applied()
    return stage.feast('feature-views', 'set-state', 'driver_stats', 'AVAILABLE_ONLINE')
  },
  FTS3403: async (stage) => {
    await stage.applied(
      features
        .replace('import {', 'import { project,')
        .replace(
          'export const driver',
          "export const home = project('rides', { tags: { 'feast.dev/protected-project': 'true' } })\nexport const driver",
        ),
    )
    return stage.feast('teardown', '--yes')
  },
  FTS3404: async (stage) => {
    await stage.applied()
    await stage.write('features.ts', '')
    return stage.run('apply')
  },
}
