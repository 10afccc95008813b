import { Instant } from '../base/instant.ts'
import type { DataType } from '../types/data-type.ts'
import type { ExactJson } from '../types/exact-json.ts'
import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'
import { FeastClientError } from './client-error.ts'
import { valueOfJson } from './json-values.ts'

/**
 * How a value came about. Feast's Python server only says `PRESENT`, also of nulls, and `NOT_FOUND`.
 * Source: `feast.serving.FieldStatus`.
 */
export type FieldStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE' | 'INVALID'

interface ResultColumn {
  readonly name: string
  readonly values: readonly ExactJson[]
  readonly statuses: readonly string[]
  readonly times: readonly string[]
}

/**
 * The features of a list of entity rows, as a server gave them: the entity columns first, then the features in the
 * server's order; element i of every column belongs to entity row i.
 */
export class FeaturesResponse<Row = FeatureRow> {
  readonly rowCount: number
  /** Names of the columns, in order. */
  readonly names: readonly (keyof Row & string)[]
  readonly #columns: ReadonlyMap<string, ResultColumn>
  readonly #types: ReadonlyMap<string, DataType>

  /** @throws FeastClientError `BAD_ANSWER` for JSON that is not such an answer. */
  constructor(json: ExactJson, types: ReadonlyMap<string, DataType>) {
    const columns = columnsOf(json)
    this.names = columns.map(({ name }) => name) as (keyof Row & string)[]
    this.rowCount = columns[0]?.values.length ?? 0
    this.#columns = new Map(columns.map((column) => [column.name, column]))
    this.#types = types
  }

  /** The values of one column, null where there is none. @throws FeastClientError `NO_SUCH_COLUMN` */
  column<Name extends keyof Row & string>(name: Name): readonly Row[Name][] {
    const type = this.#types.get(name)
    return this.#find(name).values.map((value) => valueOfJson(value, type)) as unknown as readonly Row[Name][]
  }

  /** The status of each value of a column. @throws FeastClientError `NO_SUCH_COLUMN` */
  statuses(name: keyof Row & string): readonly FieldStatus[] {
    return this.#find(name).statuses as readonly FieldStatus[]
  }

  /** The event time behind each value of a column; null where nothing is stored, and in entity and computed columns. */
  eventTimestamps(name: keyof Row & string): readonly (Instant | null)[] {
    return this.#find(name).times.map((text) => {
      const time = Instant.parse(text)
      return time === undefined || time.epochMicros === 0n ? null : time
    })
  }

  /** One object per entity row. */
  rows(): Row[] {
    const columns = this.names.map((name) => [name, this.column(name)] as const)
    return Array.from({ length: this.rowCount }, (_, row) => {
      const cells = columns.map(([name, values]): [string, FeatureValue] => [
        name,
        (values[row] ?? null) as FeatureValue,
      ])
      return Object.fromEntries(cells) as Row
    })
  }

  #find(name: string): ResultColumn {
    const column = this.#columns.get(name)
    if (column !== undefined) return column
    throw new FeastClientError(`The answer has no column "${name}"; it has: ${this.names.join(', ')}.`, {
      status: 200,
      code: 'NO_SUCH_COLUMN',
    })
  }
}

function columnsOf(json: ExactJson): readonly ResultColumn[] {
  const { results, metadata } = objectOf(json)
  const names = listOf(objectOf(metadata).feature_names)
  return listOf(results).map((result, index) => {
    const { values, statuses, event_timestamps: times } = objectOf(result)
    return {
      name: String(names[index]),
      values: listOf(values),
      statuses: listOf(statuses ?? []).map(String),
      times: listOf(times ?? []).map(String),
    }
  })
}

function objectOf(json: ExactJson | undefined): { readonly [name: string]: ExactJson | undefined } {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as { [name: string]: ExactJson }
  throw badAnswer()
}

function listOf(json: ExactJson | undefined): readonly ExactJson[] {
  if (Array.isArray(json)) return json
  throw badAnswer()
}

const badAnswer = (): FeastClientError =>
  new FeastClientError('The answer is not one of a feature server.', { status: 200, code: 'BAD_ANSWER' })
