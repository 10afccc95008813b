import { expect, test } from 'vitest'
import { changedParts } from './changed-parts.ts'

const source = (path: string) => ({ name: 'stats_source', type: 'file', timestamp_field: 'event_timestamp', path })
const selection = (view: string, features: readonly { name: string; type: string }[], path: string) => ({
  feature_view_name: view,
  feature_view_name_alias: '',
  feature_columns: features,
  batch_source: source(path),
})
const trips = { name: 'trips', type: 'Int64' }
const rides = { name: 'rides', type: 'Int64' }

test('a renamed feature of a selected view is two short lines', () => {
  const change = {
    property: 'features',
    before: [selection('stats', [trips], 'a')],
    after: [selection('stats', [rides], 'a')],
  }
  expect(changedParts(change)).toEqual([
    { path: 'features.stats.feature_columns.trips', before: 'Int64', after: 'none' },
    { path: 'features.stats.feature_columns.rides', before: 'none', after: 'Int64' },
  ])
})

test('only what differs inside a source is told', () => {
  expect(changedParts({ property: 'batch_source', before: source('a'), after: source('b') })).toEqual([
    { path: 'batch_source.path', before: 'a', after: 'b' },
  ])
  expect(changedParts({ property: 'batch_source', before: null, after: source('b') })).toEqual([
    { path: 'batch_source', before: 'none', after: 'stats_source' },
  ])
})

test('a selection that is new is told by its features, and a mere change of order as such', () => {
  const before = [selection('stats', [trips, rides], 'a')]
  const added = changedParts({ property: 'features', before, after: [...before, selection('more', [trips], 'a')] })
  expect(added).toEqual([{ path: 'features.more', before: 'none', after: '(trips)' }])
  const turned = changedParts({ property: 'features', before: [trips, rides], after: [rides, trips] })
  expect(turned).toEqual([{ path: 'order of features', before: 'trips, rides', after: 'rides, trips' }])
})
