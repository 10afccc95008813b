import { statSync } from 'node:fs'
import { join } from 'node:path'
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  type DuckDBInstance,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
} from '@duckdb/node-api'
import { Instant } from '../../src/base/instant.ts'
import type { GoldenTable } from './golden-table.ts'

let instance: Promise<DuckDBInstance> | undefined

/** A Parquet file or a folder of them, read past the product's own code: it judges what that wrote. */
export async function readParquet(path: string): Promise<GoldenTable> {
  const duckdb = await import('@duckdb/node-api')
  instance ??= duckdb.DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await (await instance).connect()
  try {
    const files = statSync(path).isDirectory() ? join(path, '**', '*.parquet') : path
    const reader = await connection.runAndReadAll(
      `SELECT * FROM read_parquet('${files.replaceAll("'", "''")}', union_by_name = true, hive_partitioning = false)`,
    )
    const types = reader.columnTypes()
    return {
      columns: reader.columnNames().map((name, index) => ({ name, type: typeName(types[index]) })),
      rows: reader.getRows().map((row) => row.map(plain)),
    }
  } finally {
    connection.closeSync()
  }
}

const typeNames: { readonly [name: string]: string } = {
  BIGINT: 'int64',
  INTEGER: 'int32',
  SMALLINT: 'int16',
  TINYINT: 'int8',
  UBIGINT: 'uint64',
  UINTEGER: 'uint32',
  USMALLINT: 'uint16',
  UTINYINT: 'uint8',
  DOUBLE: 'double',
  FLOAT: 'float',
  VARCHAR: 'string',
  BLOB: 'binary',
  BOOLEAN: 'bool',
  DATE: 'date32[day]',
  TIMESTAMP: 'timestamp[us]',
  TIMESTAMP_S: 'timestamp[s]',
  TIMESTAMP_MS: 'timestamp[ms]',
  TIMESTAMP_NS: 'timestamp[ns]',
  'TIMESTAMP WITH TIME ZONE': 'timestamp[us, tz=UTC]',
}

function typeName(type: DuckDBType | undefined): string {
  if (type instanceof DuckDBListType) return `list<item: ${typeName(type.valueType)}>`
  if (type instanceof DuckDBMapType) return `map<${typeName(type.keyType)}, ${typeName(type.valueType)}>`
  if (type instanceof DuckDBStructType) {
    return `struct<${type.entryNames.map((name, index) => `${name}: ${typeName(type.entryTypes[index])}`).join(', ')}>`
  }
  const name = String(type)
  return typeNames[name] ?? name
}

function plain(value: unknown): unknown {
  if (value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimestampValue) {
    return Instant.fromEpochMicros(value.micros)
  }
  if (value instanceof DuckDBTimestampNanosecondsValue) return Instant.fromEpochMicros(value.nanos / 1000n)
  if (value instanceof DuckDBTimestampMillisecondsValue) return Instant.fromEpochMicros(value.millis * 1000n)
  if (value instanceof DuckDBTimestampSecondsValue) return Instant.fromEpochMicros(value.seconds * 1_000_000n)
  if (value instanceof DuckDBDateValue) return Instant.fromEpochMicros(BigInt(value.days) * 86_400_000_000n)
  if (value instanceof DuckDBBlobValue) return Uint8Array.from(value.bytes)
  if (value instanceof DuckDBListValue) return value.items.map(plain)
  if (value instanceof DuckDBMapValue)
    return Object.fromEntries(value.entries.map(({ key, value: part }) => [String(key), plain(part)]))
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, part]) => [name, plain(part)]))
  }
  return value
}
