import { create } from '@bufbuild/protobuf'
import type { WarehouseSource } from '../model/data-source.ts'
import {
  DataSource_AthenaOptionsSchema,
  DataSource_BigQueryOptionsSchema,
  DataSource_RedshiftOptionsSchema,
  DataSource_SnowflakeOptionsSchema,
  type DataSource_SparkOptions,
  DataSource_SparkOptionsSchema,
  DataSource_TrinoOptionsSchema,
} from './gen/feast/core/DataSource_pb.ts'
import { tableFormatOptions, tableFormatToMessage } from './table-format.ts'

/** Where rows are in a warehouse: what a source and the storage of a saved data set have in common. */
export interface WarehousePlace {
  readonly table: string
  readonly query: string
  /** Whatever else the warehouse needs, by the camel case name of the field in Feast's message. */
  readonly options: Readonly<Record<string, string>>
}

export type WarehouseKind = WarehouseSource['kind']

const fields = ({ table, query, options }: WarehousePlace): Readonly<Record<string, string>> => ({
  ...options,
  table,
  query,
})

export const warehouseMessages = {
  bigquery: (place: WarehousePlace) => create(DataSource_BigQueryOptionsSchema, fields(place)),
  redshift: (place: WarehousePlace) => create(DataSource_RedshiftOptionsSchema, fields(place)),
  snowflake: (place: WarehousePlace) => create(DataSource_SnowflakeOptionsSchema, fields(place)),
  trino: (place: WarehousePlace) => create(DataSource_TrinoOptionsSchema, fields(place)),
  athena: (place: WarehousePlace) => create(DataSource_AthenaOptionsSchema, fields(place)),
  spark: sparkMessage,
} as const satisfies Record<WarehouseKind, unknown>

/** What Feast stores for Spark when the user says nothing. */
const defaultPartitionFormat = '%Y-%m-%d'

function sparkMessage(place: WarehousePlace): DataSource_SparkOptions {
  const tableFormat = tableFormatToMessage(place.options)
  const { path = '', fileFormat = '', datePartitionColumnFormat = defaultPartitionFormat } = place.options
  return create(DataSource_SparkOptionsSchema, {
    table: place.table,
    query: place.query,
    path,
    fileFormat,
    datePartitionColumnFormat,
    ...(tableFormat && { tableFormat }),
  })
}

type WarehouseMessage = ReturnType<(typeof warehouseMessages)[WarehouseKind]>

export function warehousePlace(message: WarehouseMessage): WarehousePlace {
  const { table, query, $typeName, $unknown: _unknown, ...rest } = message
  const texts = Object.entries(rest).flatMap(([name, value]) =>
    typeof value === 'string' && value !== '' ? [[name, value] as const] : [],
  )
  const options = Object.fromEntries(texts)
  if ($typeName !== 'feast.core.DataSource.SparkOptions') return { table, query, options }
  const { datePartitionColumnFormat, ...others } = options
  const format =
    datePartitionColumnFormat === defaultPartitionFormat || datePartitionColumnFormat === undefined
      ? {}
      : { datePartitionColumnFormat }
  const spark = 'tableFormat' in message ? tableFormatOptions(message.tableFormat) : {}
  return { table, query, options: { ...others, ...format, ...spark } }
}
