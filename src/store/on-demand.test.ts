import { expect, test } from 'vitest'
import { requestSource } from '../define/data-source.ts'
import { onDemandFeatureView } from '../define/on-demand-feature-view.ts'
import type { OnDemandFeatureView } from '../model/feature-view.ts'
import { plainField } from '../model/field.ts'
import type { OnDemandFunction } from '../model/transformation.ts'
import type { ResolvedFeatures } from '../registry/resolved-features.ts'
import { float64 } from '../types/data-type.ts'
import { computeOnDemand, findOnDemandFunctions } from './on-demand.ts'

const trip = requestSource('trip', { distance: float64 })
const fare = onDemandFeatureView('fare', {
  sources: { trip },
  schema: { price: float64, tax: float64 },
  transform: (row) => ({ price: row.trip.distance * 2, tax: row.trip.distance / 10 }),
})
const distance = plainField('distance', float64)

function resolvedOf(view: OnDemandFeatureView): ResolvedFeatures {
  const features = view.features.map((field) => ({ field, output: field.name === 'tax' ? 'fare__tax' : null }))
  const sources = { trip: { kind: 'request', fields: [distance] } } as const
  return {
    views: [],
    onDemandViews: [{ view, name: view.name, features, sources }],
    requestFields: [distance],
    outputs: ['fare__tax'],
  }
}

const nothing = { onDemandFunction: async (): Promise<undefined> => undefined }

test('a function that came with the request goes before one of the definitions', async () => {
  const given: OnDemandFunction = { over: 'rows', run: () => ({}) }
  const fromDefinitions = { onDemandFunction: async () => fare.function }
  const resolved = resolvedOf(fare)
  expect((await findOnDemandFunctions(fromDefinitions, resolved)).get('fare')).toBe(fare.function)
  expect((await findOnDemandFunctions(fromDefinitions, resolved, new Map([['fare', given]]))).get('fare')).toBe(given)
})

test('a function in Python is refused by its mode, unless a view of its name in the definitions stands in for it', async () => {
  const pandas = { ...fare, transformation: { ...fare.transformation, mode: 'pandas' } }
  await expect(findOnDemandFunctions(nothing, resolvedOf(pandas))).rejects.toMatchObject({
    code: 'FTS2301',
    message:
      'The on-demand view "fare" has a function of mode "pandas". Python functions are kept in the registry but not run by this version.',
  })
  const fromDefinitions = { onDemandFunction: async () => fare.function }
  expect((await findOnDemandFunctions(fromDefinitions, resolvedOf(pandas))).get('fare')).toBe(fare.function)
})

test('a function that is nowhere is an error that says how to give it', async () => {
  await expect(findOnDemandFunctions(nothing, resolvedOf(fare))).rejects.toMatchObject({
    code: 'FTS2302',
    notes: [expect.stringContaining('openStore(path, { definitions: [fare] })'), expect.anything()],
  })
})

test('only requested outputs come out, under their column names', async () => {
  const resolved = resolvedOf(fare)
  const functions = new Map(fare.function === undefined ? [] : [['fare', fare.function]])
  const outputs = computeOnDemand(resolved, functions, {
    rowCount: 2,
    feature: () => [],
    request: () => [10, 20],
  })
  expect(outputs.map(({ name, values }) => [name, values])).toEqual([['fare__tax', [1, 2]]])
})
