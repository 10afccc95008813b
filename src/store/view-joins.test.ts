import { expect, test } from 'vitest'
import { hours, seconds } from '../base/instant.ts'
import { fileSource } from '../define/data-source.ts'
import { featureView } from '../define/feature-view.ts'
import { plainField } from '../model/field.ts'
import type { ResolvedFeatures, ResolvedView } from '../registry/resolved-features.ts'
import { float64, int64 } from '../types/data-type.ts'
import { viewJoins } from './view-joins.ts'

const source = fileSource('raw', {
  path: 'raw.parquet',
  timestampField: 'event_timestamp',
  createdTimestampColumn: 'created',
  fieldMapping: { id: 'driver_id', cr: 'conv_rate', ts: 'event_timestamp', made: 'created' },
})
const view = featureView('stats', { entities: [], schema: { conv_rate: float64 }, source, ttl: hours(2) })

function resolvedOf(change: Partial<ResolvedView>): ResolvedFeatures {
  const resolved: ResolvedView = {
    view,
    name: 'mine',
    version: null,
    features: [
      { field: plainField('conv_rate', float64), output: 'mine__conv_rate' },
      { field: plainField('other', float64), output: null },
    ],
    joinKeys: [{ key: 'driver_id', column: 'who', field: plainField('driver_id', int64) }],
    ...change,
  }
  return { views: [resolved], onDemandViews: [], requestFields: [], outputs: ['mine__conv_rate'] }
}

test('logical names become those of the source, and what has no column gets a name that nothing else has', () => {
  const resolved = resolvedOf({})
  const { joins, column } = viewJoins(resolved)
  expect(joins).toEqual([
    {
      name: 'mine',
      source,
      keys: [{ sourceColumn: 'id', entityColumn: 'who' }],
      timestampColumn: 'ts',
      createdColumn: 'made',
      features: [
        { sourceColumn: 'cr', output: 'mine__conv_rate' },
        { sourceColumn: 'other', output: '__needed_0__other' },
      ],
      ttl: hours(2),
    },
  ])
  expect(resolved.views.map((each) => column(each, 'other'))).toEqual(['__needed_0__other'])
})

test('a ttl of zero means any age', () => {
  expect(viewJoins(resolvedOf({ view: { ...view, ttl: seconds(0) } })).joins[0]?.ttl).toBeNull()
})

test('a view without a batch source, and a source without a time column, are named', () => {
  expect(() => viewJoins(resolvedOf({ view: { ...view, batchSource: null } }))).toThrow(
    expect.objectContaining({
      code: 'FTS4501',
      message: 'The feature view "stats" has no batch source, so there is no history to read.',
    }),
  )
  const timeless = { ...source, timestampField: '' }
  expect(() => viewJoins(resolvedOf({ view: { ...view, batchSource: timeless } }))).toThrow(
    expect.objectContaining({ code: 'FTS4502' }),
  )
})
