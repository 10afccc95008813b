import { expect, test } from 'vitest'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { fileSource, requestSource } from '../define/data-source.ts'
import { entity } from '../define/entity.ts'
import { featureService } from '../define/feature-service.ts'
import { featureView } from '../define/feature-view.ts'
import { onDemandFeatureView } from '../define/on-demand-feature-view.ts'
import { float64, int64 } from '../types/data-type.ts'
import { type FeaturesInput, givenFeatures } from './feature-selection.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const stats = featureView('stats', {
  entities: [driver],
  schema: { rate: float64, trips: int64 },
  source: fileSource('stats_source', { path: 'stats.parquet', timestampField: 'event_timestamp' }),
})
const trip = requestSource('trip', { distance: float64 })
const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { price: float64 },
  transform: (row) => ({ price: row.trip.distance }),
})
const tip = onDemandFeatureView('tip', {
  sources: { fare },
  schema: { tip: float64 },
  transform: (row) => ({ tip: row.fare.price }),
})

test('references, views and selections become references in request order', () => {
  const { selection } = givenFeatures(['stats:rate', stats.select('trips').withName('mine'), fare])
  expect(selection).toMatchObject({
    kind: 'references',
    references: [
      'stats:rate',
      { viewName: 'stats', alias: 'mine', features: [{ name: 'trips' }] },
      { viewName: 'fare', alias: '', features: [{ name: 'price' }], version: null },
    ],
  })
})

test('functions come with a view, with a selection of it, with a service, and with what needs it', () => {
  const ranking = featureService('ranking', [stats, tip])
  expect([...givenFeatures([tip]).functions.keys()].sort()).toEqual(['fare', 'tip'])
  expect([...givenFeatures([fare.select('price')]).functions.keys()]).toEqual(['fare'])
  expect([...givenFeatures(ranking).functions.keys()].sort()).toEqual(['fare', 'tip'])
  expect(givenFeatures(['fare:price']).functions.size).toBe(0)
})

test.each<[string, unknown, string]>([
  ['an empty list', [], 'FTS2102'],
  ['a bare text', 'stats:rate', 'FTS2101'],
  ['a reference without a feature', ['stats:'], 'FTS2101'],
  ['an entity', [driver], 'FTS2101'],
  ['a service in a list', [featureService('ranking', [stats])], 'FTS2101'],
  ['a view outside a list', stats, 'FTS2101'],
  ['null', null, 'FTS2101'],
  ['a number in a list', [7], 'FTS2101'],
])('%s is refused', (_, input, code) => {
  const call = (): unknown => givenFeatures(input as FeaturesInput)
  expect(call).toThrow(FeatureStoreError)
  expect(call).toThrow(expect.objectContaining({ code }))
})
