import { type GoldenTable, looseType } from './golden-table.ts'
import { canonical } from './outcome.ts'

export interface TableRules {
  /** True when the rows have to come in the expected order. */
  readonly rowsOrdered: boolean
  /** True when the columns have to come in the expected order. */
  readonly columnsOrdered: boolean
  readonly ignored: ReadonlySet<string>
  /** Expected columns that may be absent. */
  readonly optional: (column: string) => boolean
  /** Which store the expectation is from; the file store turns integers next to null into doubles. */
  readonly store: string
}

/** What is wrong with a table of ours, as `[expected, actual]`; undefined when nothing is. */
export function compareTables(
  expected: GoldenTable,
  actual: GoldenTable,
  rules: TableRules,
): readonly [string, string] | undefined {
  const actualNames = actual.columns.map((column) => column.name)
  const wanted = expected.columns.filter(
    ({ name }) => !rules.ignored.has(name) && (actualNames.includes(name) || !rules.optional(name)),
  )
  const wantedNames = wanted.map((column) => column.name)
  const given = actualNames.filter((name) => !rules.ignored.has(name))
  const [first, second] = rules.columnsOrdered ? [wantedNames, given] : [[...wantedNames].sort(), [...given].sort()]
  if (canonical(first) !== canonical(second)) return [`columns ${first.join(', ')}`, `columns ${second.join(', ')}`]
  for (const { name, type } of wanted) {
    const ours = actual.columns.find((column) => column.name === name)?.type ?? 'null'
    if (!sameType(type, ours, allNull(expected, name), rules.store)) return [`${name}: ${type}`, `${name}: ${ours}`]
  }
  return compareRows(rowTexts(expected, wantedNames), rowTexts(actual, wantedNames), rules.rowsOrdered)
}

function sameType(expected: string, actual: string, onlyNulls: boolean, store: string): boolean {
  if (looseType(expected) === looseType(actual)) return true
  if (onlyNulls && (expected === 'null' || actual === 'null' || expected === 'double')) return true
  return store === 'file' && expected === 'double' && /^u?int(8|16|32|64)$/.test(actual)
}

function allNull(table: GoldenTable, name: string): boolean {
  const index = table.columns.findIndex((column) => column.name === name)
  return table.rows.every((row) => canonical(row[index]) === 'null')
}

function rowTexts(table: GoldenTable, names: readonly string[]): string[] {
  const indexes = names.map((name) => table.columns.findIndex((column) => column.name === name))
  return table.rows.map((row) => canonical(indexes.map((index) => row[index])))
}

function compareRows(
  expected: readonly string[],
  actual: readonly string[],
  ordered: boolean,
): readonly [string, string] | undefined {
  if (ordered) {
    const at = expected.findIndex((row, index) => row !== actual[index])
    if (at !== -1 || expected.length !== actual.length) {
      const index = at === -1 ? expected.length : at
      return [`row ${index}: ${expected[index] ?? 'none'}`, `row ${index}: ${actual[index] ?? 'none'}`]
    }
    return undefined
  }
  const missing = subtract(expected, actual)
  const extra = subtract(actual, expected)
  if (missing.length === 0 && extra.length === 0) return undefined
  return [
    `${expected.length} rows, of which are missing: ${missing.slice(0, 3).join(' ') || 'none'}`,
    `${actual.length} rows, of which are too many: ${extra.slice(0, 3).join(' ') || 'none'}`,
  ]
}

/** The elements of `from` that `taken` has fewer of. */
function subtract(from: readonly string[], taken: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const element of taken) counts.set(element, (counts.get(element) ?? 0) + 1)
  return from.filter((element) => {
    const left = counts.get(element) ?? 0
    counts.set(element, left - 1)
    return left <= 0
  })
}
