import type { DataSource, DataSourceKind } from '../model/data-source.ts'
import { type DataType, scalarTypes } from '../types/data-type.ts'

/** The name of a type in Feast's `ValueType`: `INT64`, `FLOAT_LIST`; `UNKNOWN` when it is not known yet. */
export function valueTypeName(type: DataType): string {
  switch (type.kind) {
    case 'scalar':
      return type.name === 'invalid' ? 'UNKNOWN' : scalarTypes[type.name].enum
    case 'array':
      return `${valueTypeName(type.of)}_LIST`
    case 'set':
      return `${valueTypeName(type.of)}_SET`
    case 'struct':
      return 'STRUCT'
  }
}

/** The Python class of each kind of source, for sources that do not name one. */
const classes: Readonly<Record<DataSourceKind, string>> = {
  file: 'feast.infra.offline_stores.file_source.FileSource',
  bigquery: 'feast.infra.offline_stores.bigquery_source.BigQuerySource',
  redshift: 'feast.infra.offline_stores.redshift_source.RedshiftSource',
  snowflake: 'feast.infra.offline_stores.snowflake_source.SnowflakeSource',
  spark: 'feast.infra.offline_stores.contrib.spark_offline_store.spark_source.SparkSource',
  trino: 'feast.infra.offline_stores.contrib.trino_offline_store.trino_source.TrinoSource',
  athena: 'feast.infra.offline_stores.contrib.athena_offline_store.athena_source.AthenaSource',
  kafka: 'feast.data_source.KafkaSource',
  kinesis: 'feast.data_source.KinesisSource',
  push: 'feast.data_source.PushSource',
  request: 'feast.data_source.RequestSource',
  custom: 'custom',
  unknown: 'unknown',
}

export function classPath(source: DataSource): string {
  return source.classType === '' ? classes[source.kind] : source.classType
}
