import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Definition } from '../model/definitions.ts'
import { float32, float64, int64 } from '../types/data-type.ts'
import { collectDefinitions } from './collect-definitions.ts'
import { fileSource, pushSource, requestSource } from './data-source.ts'
import { entity } from './entity.ts'
import { featureService } from './feature-service.ts'
import { featureView } from './feature-view.ts'
import { onDemandFeatureView } from './on-demand-feature-view.ts'
import { project } from './project.ts'

const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
const file = fileSource('file', { path: 'x.parquet', timestampField: 't' })
const push = pushSource('push', { batchSource: file })
const stats = featureView('stats', { entities: [driver], schema: { conv_rate: float32 }, source: push })
const trip = requestSource('trip', { km: float64 })
const fare = onDemandFeatureView('fare', {
  sources: { stats, trip },
  schema: { expected: float64 },
  transform: ({ trip }) => ({ expected: trip.km }),
})

const collect = (...definitions: Definition[]): ReturnType<typeof collectDefinitions> =>
  collectDefinitions(definitions.map((definition) => ({ definition })))

function refusal(...definitions: Definition[]): FeatureStoreError {
  try {
    collect(...definitions)
  } catch (error) {
    if (error instanceof FeatureStoreError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('collecting definitions', () => {
  test('adds all that they were made from', () => {
    const found = collect(featureService('ranking', [fare]))
    expect(found.onDemandFeatureViews).toEqual([fare])
    expect(found.featureViews).toEqual([stats])
    expect(found.entities).toEqual([driver])
    expect(found.dataSources).toEqual([push, file, trip])
    expect(found.places.get(stats)).toMatchObject({ file: fileURLToPath(import.meta.url), line: 17 })
  })

  test('keeps the order in which they are given, before what they were made from', () => {
    const a = featureView('a', { source: file })
    const b = featureView('b', { source: [stats, a], sinkSource: file })
    expect(collect(b, a).featureViews).toEqual([b, a, stats])
  })

  test('counts an object once, and two that are equal in every part as one', () => {
    const again = fileSource('file', { path: 'x.parquet', timestampField: 't' })
    expect(collect(stats, stats, file, again).dataSources).toEqual([file, push])
  })

  test('finds the sources of plain objects', () => {
    expect(collect(driver, { ...stats }).dataSources.map((source) => source.name)).toEqual(['push', 'file'])
  })
})

describe('refused are', () => {
  test('two definitions of one name, with both places', () => {
    const error = refusal(file, fileSource('file', { path: 'other.parquet' }))
    expect(error).toMatchObject({ code: 'FTS2006', message: 'Two data sources are named "file".' })
    expect(error.where).toMatchObject({ file: fileURLToPath(import.meta.url), length: 4 })
    expect(error.notes).toEqual([`the first one stands in ${fileURLToPath(import.meta.url)}:15`])
  })

  test('two views whose names differ only in case, whatever their kinds', () => {
    const error = refusal(fare, featureView('Fare', { source: file }))
    expect(error.code).toBe('FTS2006')
    expect(error.message).toBe('An on-demand feature view and a feature view are both named "fare" and "Fare".')
  })

  test('two projects', () => {
    expect(refusal(project('one'), project('two')).code).toBe('FTS2013')
  })

  test('an entity that nothing defines, with the nearest name', () => {
    const error = refusal(driver, { ...stats, entities: ['drivr'] })
    expect(error).toMatchObject({ code: 'FTS2014', hint: 'did you mean "driver"?' })
    expect(error.message).toContain('The feature view "stats" refers to the entity "drivr", which is not defined.')
  })

  test('a reference to an unknown view in a service, at its place', () => {
    const error = refusal(stats, featureService('s', ['stat:conv_rate']))
    expect(error).toMatchObject({ code: 'FTS2014', hint: 'did you mean "stats"?' })
  })

  test('a reference to an unknown feature in a service, at its place', () => {
    const error = refusal(stats, featureService('s', ['stats:conv_rat']))
    expect(error).toMatchObject({ code: 'FTS2104', hint: 'did you mean "conv_rate"?' })
    expect(error.where?.length).toBe('stats:conv_rat'.length)
  })

  test('views that need each other in a circle', () => {
    const a = { ...featureView('a', { source: file }), sourceViews: ['b'] }
    const b = { ...featureView('b', { source: file }), sourceViews: ['a'] }
    const error = refusal(a, b)
    expect(error).toMatchObject({ code: 'FTS2106', message: 'Views need each other in a circle: a → b → a.' })
  })
})

test('what only the registry has may be referred to when the definitions are a part', () => {
  const objects = [{ definition: featureService('s', ['elsewhere:x']) }]
  expect(collectDefinitions(objects, { partial: true }).featureServices).toHaveLength(1)
  expect(() => collectDefinitions(objects)).toThrow('which is not defined')
})
