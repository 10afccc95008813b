import { describe, expect, test } from 'vitest'
import { compareTables } from './compare-tables.ts'
import type { GoldenTable } from './golden-table.ts'

const rules = {
  rowsOrdered: false,
  columnsOrdered: true,
  ignored: new Set<string>(),
  optional: () => false,
  store: 'duckdb',
}

const table = (rows: readonly (readonly unknown[])[], types = ['int64', 'double']): GoldenTable => ({
  columns: [
    { name: 'id', type: types[0] ?? '' },
    { name: 'x', type: types[1] ?? '' },
  ],
  rows,
})

const expected = table([
  [1n, 0.5],
  [2n, null],
])

describe('two tables are the same', () => {
  test('whatever the order of rows that have none', () => {
    expect(
      compareTables(
        expected,
        table([
          [2n, null],
          [1n, 0.5],
        ]),
        rules,
      ),
    ).toBeUndefined()
  })

  test('when numbers are equal, and NaN stands for null', () => {
    expect(
      compareTables(
        expected,
        table([
          [1, 0.5],
          [2, Number.NaN],
        ]),
        rules,
      ),
    ).toBeUndefined()
  })

  test('when a column of nulls has no type', () => {
    expect(compareTables(table([[1n, null]], ['int64', 'null']), table([[1n, null]]), rules)).toBeUndefined()
  })
})

describe('two tables differ', () => {
  test.each([
    [
      'a value',
      table([
        [1n, 0.25],
        [2n, null],
      ]),
    ],
    ['a row too few', table([[1n, 0.5]])],
    [
      'a row twice',
      table([
        [1n, 0.5],
        [1n, 0.5],
        [2n, null],
      ]),
    ],
    [
      'one row in place of another',
      table([
        [1n, 0.5],
        [1n, 0.5],
      ]),
    ],
    [
      'text in place of a number',
      table([
        ['1', 0.5],
        [2n, null],
      ]),
    ],
    [
      'the type of a column',
      table(
        [
          [1n, 0.5],
          [2n, null],
        ],
        ['int32', 'double'],
      ),
    ],
    [
      'the zone of a column',
      table(
        [
          [1n, 0.5],
          [2n, null],
        ],
        ['int64', 'timestamp[us]'],
      ),
    ],
    [
      'the order of columns',
      {
        columns: [...expected.columns].reverse(),
        rows: [
          [0.5, 1n],
          [null, 2n],
        ],
      },
    ],
  ])('by %s', (_, actual) => {
    expect(compareTables(expected, actual, rules)).toBeDefined()
  })

  test('by the order of rows, where it counts', () => {
    const swapped = table([
      [2n, null],
      [1n, 0.5],
    ])
    expect(compareTables(expected, swapped, { ...rules, rowsOrdered: true })).toBeDefined()
  })

  test('by a double for an integer, unless the file store made it one beside nulls', () => {
    const doubles = table(
      [
        [1, 0.5],
        [2, null],
      ],
      ['double', 'double'],
    )
    expect(compareTables(doubles, expected, rules)).toBeDefined()
    expect(compareTables(doubles, expected, { ...rules, store: 'file' })).toBeUndefined()
    expect(compareTables(expected, doubles, { ...rules, store: 'file' })).toBeDefined()
  })
})
