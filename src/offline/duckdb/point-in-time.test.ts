import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Duration, Instant } from '../../base/instant.ts'
import type { FileSource } from '../../model/data-source.ts'
import type { OfflineStore, ViewJoin } from '../../plugin/offline-store.ts'
import type { JoinStrategy } from '../../sql/point-in-time-plan.ts'
import { naiveHistorical, type OracleView } from '../../testing/naive-oracle.ts'
import { type OfflineFixture, offlineFixture, rowsOf } from '../../testing/offline-fixture.ts'
import { float64, int64, string, unixTimestamp } from '../../types/data-type.ts'
import type { FeatureRow } from '../../types/feature-value.ts'
import { type DuckdbOverrides, openDuckdbOfflineStore } from './duckdb-offline-store.ts'

/** Records are never carried, as that would turn -0.0 into 0.0. */
const plans: readonly DuckdbOverrides[] = [
  ...(['carry', 'gather', 'asof'] as const).map((strategy: JoinStrategy) => ({ strategy })),
  ...(['gather', 'asof'] as const).map((strategy: JoinStrategy) => ({ strategy, recordOrder: true })),
  { recordOrder: true },
]

const base = 1_700_000_000_000_000n
/** Few different times, so that rows tie, and entity times fall on the very edge of windows. */
const time = (max: number): fc.Arbitrary<Instant | null> =>
  fc.option(
    fc.integer({ min: 0, max }).map((micros) => Instant.fromEpochMicros(base + BigInt(micros))),
    { freq: 8 },
  )
const driver = fc.option(fc.bigInt({ min: 1n, max: 3n }), { freq: 8 })
const city = fc.option(fc.constantFrom('Oslo', 'a longer name than fits inline', 'Ö"; --'), { freq: 8 })

const sourceRows = fc
  .array(fc.record({ driver, city, event: time(12), created: time(4), score: fc.option(fc.double()) }), {
    maxLength: 40,
  })
  .map((rows) => rows.map((row, place) => ({ ...row, id: BigInt(place) })))
const sourceFields = [
  { name: 'driver', type: int64 },
  { name: 'city', type: string },
  { name: 'event', type: unixTimestamp },
  { name: 'created', type: unixTimestamp },
  { name: 'score', type: float64 },
  { name: 'id', type: int64 },
]

const viewShape = fc.record({
  rows: sourceRows,
  keys: fc.constantFrom<readonly string[]>(['driver'], ['driver', 'city'], []),
  created: fc.boolean(),
  ttlMicros: fc.constantFrom(null, 1, 3, 5),
})

const entityRows = fc.array(
  fc.record({ driver, city, event_timestamp: time(16), label: fc.integer({ min: 0, max: 1 }).map(BigInt) }),
  { minLength: 1, maxLength: 25 },
)
const entityFields = [
  { name: 'driver', type: int64 },
  { name: 'city', type: string },
  { name: 'event_timestamp', type: unixTimestamp },
  { name: 'label', type: int64 },
]

type Shape = typeof viewShape extends fc.Arbitrary<infer S> ? S : never

function joinOf(shape: Shape, index: number): Omit<ViewJoin, 'source'> {
  return {
    name: `view${index}`,
    keys: shape.keys.map((key) => ({ sourceColumn: key, entityColumn: key })),
    timestampColumn: 'event',
    createdColumn: shape.created ? 'created' : null,
    features: ['id', 'score', 'city'].map((name) => ({ sourceColumn: name, output: `view${index}__${name}` })),
    ttl: shape.ttlMicros === null ? null : Duration.fromMicros(BigInt(shape.ttlMicros)),
  }
}

async function joined(
  store: OfflineStore,
  rows: string,
  views: readonly ViewJoin[],
  filterByCreated: boolean,
): Promise<FeatureRow[]> {
  const job = store.historical({ entityRows: { kind: 'file', path: rows }, views, filterByCreated, sources: [] })
  return rowsOf(job.batches())
}

describe.each(plans)('point-in-time join with plan $strategy, record order $recordOrder', (overrides) => {
  let fixture: OfflineFixture
  beforeAll(async () => {
    fixture = await offlineFixture((options) => openDuckdbOfflineStore(options, overrides))
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  it('agrees with nested loops on ties, nulls, duplicates, boundaries, several views and composite keys', async () => {
    const check = async (entities: FeatureRow[], shapes: Shape[], filterByCreated: boolean): Promise<void> => {
      await fixture.source('entities.parquet', entities, entityFields)
      const sources: FileSource[] = []
      for (const [index, { rows }] of shapes.entries()) {
        sources.push(await fixture.source(`source${index}.parquet`, rows, sourceFields))
      }
      const joins = shapes.map(joinOf)
      const views = joins.flatMap((join, index) => {
        const source = sources[index]
        return source === undefined ? [] : [{ ...join, source }]
      })
      const oracleViews: OracleView[] = joins.map((join, index) => ({ ...join, rows: shapes[index]?.rows ?? [] }))
      const expected = naiveHistorical(entities, 'event_timestamp', oracleViews, filterByCreated)
      expect(await joined(fixture.store, 'entities.parquet', views, filterByCreated)).toEqual(expected)
    }
    const shapes = fc.array(viewShape, { minLength: 1, maxLength: 3 })
    await fc.assert(fc.asyncProperty(entityRows, shapes, fc.boolean(), check), { numRuns: 25 })
  }, 120_000)
})
