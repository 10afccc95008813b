import type { Data, Field, RecordBatch, Table, Vector } from 'apache-arrow'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import { loadArrow } from '../../types/arrow.ts'
import { arrowTypeId } from '../../types/arrow-read.ts'
import type { Session } from './duckdb-driver.ts'
import { type VectorWriter, writerOf } from './vector-writers.ts'

/** Rows of a DuckDB vector. */
const vectorRows = 2048
/** How many vectors are written before other work of the process gets its turn. */
const vectorsPerTurn = 64

/** A temporary table that grows by Arrow batches; its columns are `c0`, `c1` … */
export interface TableAppender {
  append(batch: RecordBatch | Table): Promise<void>
  close(): void
}

/**
 * Makes the temporary table for columns of these types. Columns keep their place, not their name. With `rowColumn`, a
 * last column of that name numbers the rows from 0.
 */
export async function createArrowTable(
  session: Session,
  table: string,
  fields: readonly Field[],
  rowColumn?: string,
): Promise<TableAppender> {
  const writers = fields.map(({ name, type }) => writerOf(session, plainType(type), name))
  const names = [...fields.map((_, index) => `c${index}`), ...(rowColumn === undefined ? [] : [rowColumn])]
  const types = [...writers.map(({ type }) => type), ...(rowColumn === undefined ? [] : [session.api.INTEGER])]
  const columns = names.map((name, index) => `${duckdbDialect.identifier(name)} ${types[index]?.toString()}`)
  await session.run(`CREATE TEMP TABLE ${duckdbDialect.identifier(table)} (${columns.join(', ')})`)
  const appender = await session.connection.createAppender(table, null, 'temp')
  const chunk = session.api.DuckDBDataChunk.create(types)
  let [vectors, rows] = [0, 0]
  return {
    async append(batch) {
      const batches = 'batches' in batch ? batch.batches : [batch]
      for (const one of batches) {
        const columnData = await Promise.all(fields.map((_, index) => plainData(one, index)))
        for (let from = 0; from < one.numRows; from += vectorRows) {
          const count = Math.min(vectorRows, one.numRows - from)
          chunk.reset()
          chunk.rowCount = count
          for (const [index, writer] of writers.entries()) {
            writeColumn(session, chunk.chunk, index, writer, columnData[index], from, count)
          }
          if (rowColumn !== undefined) writeRowNumbers(session, chunk.chunk, writers.length, rows, count)
          appender.appendDataChunk(chunk)
          rows += count
          if (++vectors % vectorsPerTurn === 0) await new Promise(setImmediate)
        }
      }
    },
    close: () => appender.closeSync(),
  }
}

function writeRowNumbers({ bindings }: Session, chunk: ChunkHandle, index: number, first: number, count: number): void {
  const numbers = Int32Array.from({ length: count }, (_, row) => first + row)
  bindings.copy_data_to_vector(bindings.data_chunk_get_vector(chunk, index), 0, numbers.buffer, 0, count * 4)
}

/** A temporary table with the rows of an Arrow table. */
export async function loadArrowTable(session: Session, table: string, rows: Table): Promise<void> {
  const appender = await createArrowTable(session, table, rows.schema.fields)
  try {
    await appender.append(rows)
  } finally {
    appender.close()
  }
}

type ChunkHandle = Parameters<Session['bindings']['data_chunk_get_vector']>[0]

function writeColumn(
  { bindings }: Session,
  chunk: ChunkHandle,
  index: number,
  writer: VectorWriter,
  data: Data | undefined,
  from: number,
  count: number,
): void {
  if (data !== undefined) writer.write(bindings.data_chunk_get_vector(chunk, index), data, from, count)
}

const plainType = (type: Field['type']): Field['type'] =>
  type.typeId === arrowTypeId.dictionary ? (type as unknown as { readonly dictionary: Field['type'] }).dictionary : type

/** A column as one piece of data; a dictionary column as its values. */
async function plainData(batch: RecordBatch, index: number): Promise<Data | undefined> {
  const data = batch.data.children[index]
  if (data?.type.typeId !== arrowTypeId.dictionary) return data
  const { vectorFromArray } = await loadArrow()
  const vector = batch.getChildAt(index) as Vector
  return vectorFromArray([...vector], plainType(data.type)).data[0]
}

/** The types that the columns of such a table get, as DuckDB's text; `NULL` for one without any value. */
export const writerTypes = (session: Session, fields: readonly Field[]): readonly string[] =>
  fields.map(({ name, type }) =>
    type.typeId === arrowTypeId.null ? 'NULL' : writerOf(session, plainType(type), name).type.toString(),
  )
