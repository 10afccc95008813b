import { expect, test } from 'vitest'
import type { ErrorCode } from '../base/errors/catalogue.ts'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { plainField } from '../model/field.ts'
import type { OnDemandFunction } from '../model/transformation.ts'
import { array, float64, int32, int64, string } from '../types/data-type.ts'
import { type OnDemandRun, runOnDemand } from './run-on-demand.ts'

const stats = [
  { field: plainField('trips', int64), values: [4, 5n, null] },
  { field: plainField('rate', float64), values: [0.5, 0.25, 1] },
]

function run(call: OnDemandFunction, change: Partial<OnDemandRun> = {}) {
  return runOnDemand({
    name: 'fare',
    function: call,
    rowCount: 3,
    inputs: { stats },
    outputs: [plainField('sum', float64)],
    ...change,
  })
}

// The contract's types forbid what these functions return; programs in JavaScript return it anyway.
const rows = (call: (sources: never) => unknown): OnDemandFunction => ({ over: 'rows', run: call as never })
const columns = (call: (sources: never) => unknown): OnDemandFunction => ({ over: 'columns', run: call as never })

function fault(call: () => unknown): FeatureStoreError {
  try {
    call()
  } catch (error) {
    if (error instanceof FeatureStoreError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('a function over rows sees one row of each source, in declared types, with null for what is missing', () => {
  const seen: unknown[] = []
  const call = rows((sources) => {
    seen.push(sources)
    return { sum: null }
  })
  expect(run(call)).toEqual({ sum: [null, null, null] })
  expect(seen).toEqual([
    { stats: { trips: 4n, rate: 0.5 } },
    { stats: { trips: 5n, rate: 0.25 } },
    { stats: { trips: null, rate: 1 } },
  ])
})

test('a function over columns sees whole columns, and may return typed arrays', () => {
  const call: OnDemandFunction = {
    over: 'columns',
    run: ({ stats: source }) => ({ sum: Float64Array.from(source?.rate ?? [], Number) as never }),
  }
  expect(run(call)).toEqual({ sum: [0.5, 0.25, 1] })
})

test('outputs become values of their declared types, and undeclared ones are passed over', () => {
  const call = rows(() => ({ count: 2, tags: ['a', null], other: 1 }))
  const outputs = [plainField('count', int64), plainField('tags', array(string))]
  expect(run(call, { outputs, rowCount: 1 })).toEqual({ count: [2n], tags: [['a', null]] })
})

test('no rows means that a function over rows is not called', () => {
  const call = rows(() => {
    throw new Error('called')
  })
  expect(run(call, { rowCount: 0 })).toEqual({ sum: [] })
})

test.each<[string, OnDemandFunction, ErrorCode, string]>([
  [
    'a function that throws is named with the row',
    rows(({ stats: source }: { stats: { trips: bigint | null } }) => ({
      sum: Number((source.trips ?? never()) + 1n),
    })) as never,
    'FTS2303',
    'The function of the on-demand view "fare" (row 2 of the batch) failed: no trips.',
  ],
  [
    'an asynchronous function is refused',
    rows(async () => ({ sum: 1 })),
    'FTS2304',
    'The function of the on-demand view "fare" is asynchronous: it returned a promise.',
  ],
  [
    'a missing output is named, with the nearest one that was returned',
    rows(() => ({ sums: 1 })),
    'FTS2305',
    'The function of the on-demand view "fare" (row 0 of the batch) returned no output "sum", which its schema declares. Did you mean "sums"?',
  ],
  [
    'a bare value is no output',
    rows(() => 7),
    'FTS2305',
    'The function of the on-demand view "fare" (row 0 of the batch) returned 7, not an object with sum.',
  ],
  [
    'a value of another type is named',
    rows(() => ({ sum: 'much' })),
    'FTS2306',
    'The function of the on-demand view "fare" (row 0 of the batch) returned "much" for the output "sum", which is Float64.',
  ],
  [
    'a column that is no array is refused',
    columns(() => ({ sum: 1 })),
    'FTS2306',
    'The function of the on-demand view "fare" returned no array for the output "sum".',
  ],
  [
    'a column of another length is refused',
    columns(() => ({ sum: [1, 2] })),
    'FTS2307',
    'The output "sum" of the on-demand view "fare" has 2 values for 3 rows.',
  ],
  [
    'a hole in a column is refused, since null means none',
    columns(() => ({ sum: [1, undefined, 3] })),
    'FTS2305',
    'The function of the on-demand view "fare" (row 1 of the batch) returned no value for the output "sum"; null means none.',
  ],
])('%s', (_, call, code, message) => {
  const error = fault(() => run(call))
  expect(error.code).toBe(code)
  expect(error.message).toBe(message)
})

function never(): never {
  throw new Error('no trips')
}

test('an input that is not of its declared type is refused before the function sees it', () => {
  const inputs = { trip: [{ field: plainField('seats', int32), values: [1, 'two', 3] }] }
  const error = fault(() =>
    run(
      rows(() => ({ sum: 1 })),
      { inputs },
    ),
  )
  expect(error.code).toBe('FTS2308')
  expect(error.message).toBe(
    'The on-demand view "fare" computes with "seats" of "trip", which is Int32, and row 1 has "two".',
  )
})
