import { tableFormatOption, type WarehouseSource } from '../model/data-source.ts'
import { type PartitionedSourceOptions, partitionedOptionNames, rowSource } from './data-source.ts'
import { define } from './definition.ts'
import { callSite, definitionError } from './place.ts'
import { type TableFormat, tableFormatOptions } from './table-format.ts'

type WarehouseKind = WarehouseSource['kind']

/** What the sources of each warehouse say besides table and query, under the names of `feast.core.DataSource`. */
const warehouseOptions = {
  bigquery: [],
  redshift: ['schema', 'database'],
  snowflake: ['schema', 'database'],
  spark: ['path', 'fileFormat', 'datePartitionColumnFormat'],
  trino: [],
  athena: ['database', 'dataSource'],
} as const satisfies Record<WarehouseKind, readonly string[]>

/** What Feast fills in when the user says nothing, and so has to stand in the registry. */
const defaultOptions: Partial<Record<WarehouseKind, (given: Place) => Readonly<Record<string, string>>>> = {
  redshift: ({ table }) => (table === undefined ? {} : { schema: 'public' }),
  snowflake: ({ table, database }) => (table === undefined || database === undefined ? {} : { schema: 'PUBLIC' }),
  athena: ({ table }) => (table === undefined ? {} : { database: 'default' }),
}

interface Place {
  readonly table?: string
  readonly database?: string
}

export interface WarehouseSourceDefinition<Kind extends WarehouseKind = WarehouseKind, Name extends string = string>
  extends WarehouseSource {
  readonly kind: Kind
  readonly name: Name
}

/** A table or a query, and what the warehouse needs to find it. */
export type WarehouseSourceOptions<Kind extends WarehouseKind> = PartitionedSourceOptions & {
  readonly table?: string
  readonly query?: string
} & { readonly [O in (typeof warehouseOptions)[Kind][number]]?: string } & (Kind extends 'spark'
    ? { readonly tableFormat?: TableFormat }
    : unknown)

type DefineWarehouseSource<Kind extends WarehouseKind> = <const Name extends string>(
  name: Name,
  options: WarehouseSourceOptions<Kind>,
) => WarehouseSourceDefinition<Kind, Name>

function warehouse<const Kind extends WarehouseKind>(kind: Kind): DefineWarehouseSource<Kind> {
  const own: readonly string[] = warehouseOptions[kind]
  return function defineSource<const Name extends string>(name: Name, options: WarehouseSourceOptions<Kind>) {
    const site = callSite(defineSource)
    const model = rowSource(
      `${kind} source`,
      name,
      options,
      ['table', 'query', ...own, ...(kind === 'spark' ? [tableFormatOption] : []), ...partitionedOptionNames],
      site,
    )
    const given: Place & { readonly tableFormat?: TableFormat } & Readonly<Record<string, unknown>> = options
    const extra = own.flatMap((option) => (typeof given[option] === 'string' ? [[option, given[option]] as const] : []))
    const { table = '', query = '' } = options
    if (table === '' && query === '' && given.path === undefined) {
      throw definitionError('FTS2008', site, {
        message: `The ${kind} source "${name}" names neither a table nor a query.`,
        mark: name,
        field: 'table',
      })
    }
    return define<WarehouseSourceDefinition<Kind, Name>>(
      {
        ...model,
        kind,
        table,
        query,
        options: {
          ...defaultOptions[kind]?.(given),
          ...Object.fromEntries(extra),
          ...tableFormatOptions(given.tableFormat),
        },
      },
      site,
    )
  }
}

/** Rows of a BigQuery table or query. @throws FTS2001, FTS2002, FTS2008, FTS2009. */
export const bigQuerySource: DefineWarehouseSource<'bigquery'> = warehouse('bigquery')
/** Rows of a Redshift table or query. @throws FTS2001, FTS2002, FTS2008, FTS2009. */
export const redshiftSource: DefineWarehouseSource<'redshift'> = warehouse('redshift')
/** Rows of a Snowflake table or query. @throws FTS2001, FTS2002, FTS2008, FTS2009. */
export const snowflakeSource: DefineWarehouseSource<'snowflake'> = warehouse('snowflake')
/** Rows of a Spark table, query or path. @throws FTS2001, FTS2002, FTS2008, FTS2009. */
export const sparkSource: DefineWarehouseSource<'spark'> = warehouse('spark')
/** Rows of a Trino table or query. @throws FTS2001, FTS2002, FTS2008, FTS2009. */
export const trinoSource: DefineWarehouseSource<'trino'> = warehouse('trino')
/** Rows of an Athena table or query. @throws FTS2001, FTS2002, FTS2008, FTS2009. */
export const athenaSource: DefineWarehouseSource<'athena'> = warehouse('athena')
