import type { Field } from 'apache-arrow'
import type { DataSource } from '../../model/data-source.ts'
import type { SourceColumn } from '../../plugin/offline-store.ts'
import { dataTypeOfArrow, loadArrow } from '../../types/arrow.ts'
import { invalid } from '../../types/data-type.ts'
import { BatchBuilder } from './arrow-columns.ts'
import type { Engine, Session } from './duckdb-driver.ts'
import { fileList } from './source-files.ts'
import { isTimestampType, openSourceTable, type SourceTable } from './source-table.ts'

/** Columns of a source with the types that Feast infers. */
export function sourceColumns(engine: Engine, source: DataSource, repoPath: string): Promise<readonly SourceColumn[]> {
  return engine.withSession(async (session) => {
    const table = await openSourceTable(session, source, repoPath)
    const written = await writtenFields(session, table)
    const read = await readFields(session, table)
    return table.columns.map(({ name, type }, index) => {
      const field = written.get(name) ?? read[index]
      return { name, type: feastType(field), storedAs: String(field?.type ?? type), isTimestamp: isTimestampType(type) }
    })
  })
}

function feastType(field: Field | undefined): SourceColumn['type'] {
  try {
    return field === undefined ? invalid : dataTypeOfArrow(field.type)
  } catch {
    return invalid
  }
}

/**
 * The Arrow schema that the writer of the first file left in it: it tells large strings from strings and durations from
 * numbers, which Parquet does not. Empty when there is none, or it has types that the Arrow library cannot read.
 */
async function writtenFields(session: Session, table: SourceTable): Promise<ReadonlyMap<string, Field>> {
  const [first] = table.files
  if (first === undefined) return new Map()
  const found = await session.rows(
    `SELECT decode(value) FROM parquet_kv_metadata(${fileList([first])}) WHERE decode(key) = 'ARROW:schema'`,
  )
  const text = found[0]?.[0]
  if (typeof text !== 'string') return new Map()
  const { RecordBatchReader } = await loadArrow()
  try {
    const reader = RecordBatchReader.from(Buffer.from(text, 'base64')).open()
    return new Map(reader.schema.fields.map((field: Field) => [field.name, field]))
  } catch {
    return new Map()
  }
}

/** The fields as a read of the source would deliver them; none for a column that cannot be delivered. */
async function readFields(session: Session, table: SourceTable): Promise<readonly (Field | undefined)[]> {
  const arrow = await loadArrow()
  const { types } = await session.stream(`SELECT * FROM ${table.relation} LIMIT 0`)
  const tools = { arrow, bindings: session.bindings }
  return types.map((type, index) => {
    const column = table.columns[index]
    if (column === undefined) return undefined
    try {
      return new BatchBuilder(tools, session.api, [type], [column]).schema.fields[0]
    } catch {
      return undefined
    }
  })
}
