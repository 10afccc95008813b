import type { FeatureColumns } from '../../src/model/transformation.ts'
import type { FeatureRow, FeatureValue } from '../../src/types/feature-value.ts'
import type { CaseOutput } from './case-file.ts'

const operations: { readonly [name: string]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
}

/** The recorded function of an on-demand view, over one row of each source. */
export function rowFunction(outputs: readonly CaseOutput[]): (sources: object) => never {
  return (sources) => {
    const row: FeatureRow = Object.assign({}, ...Object.values(sources as Readonly<Record<string, FeatureRow>>))
    return computeRow(outputs, row) as never
  }
}

/** The recorded function of an on-demand view, over columns. */
export function arrayFunction(outputs: readonly CaseOutput[]): (sources: object) => never {
  return (sources) => {
    const columns: FeatureColumns = Object.assign(
      {},
      ...Object.values(sources as Readonly<Record<string, FeatureColumns>>),
    )
    const length = Math.max(0, ...Object.values(columns).map((column) => column.length))
    const rows = Array.from({ length }, (_, index) =>
      computeRow(
        outputs,
        Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[index] ?? null])),
      ),
    )
    return Object.fromEntries(outputs.map(({ name }) => [name, rows.map((row) => row[name] ?? null)])) as never
  }
}

/** The outputs for a row: null in gives null out. */
export function computeRow(outputs: readonly CaseOutput[], row: FeatureRow): Record<string, FeatureValue> {
  const computed: Record<string, FeatureValue> = {}
  for (const { name, op, args } of outputs) {
    const values = args.map((arg) => (typeof arg === 'string' ? (computed[arg] ?? row[arg] ?? null) : arg.lit))
    const operation = operations[op]
    if (operation === undefined) throw new Error(`case.json has an operation ${op}`)
    const [first = null, ...rest] = values
    computed[name] = values.includes(null)
      ? null
      : rest.reduce<number>((result, value) => operation(result, Number(value)), Number(first))
  }
  return computed
}
