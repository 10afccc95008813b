import type { RecordBatch } from 'apache-arrow'
import { loadArrow } from '../../types/arrow.ts'
import { BatchBuilder, type ResultColumn } from './arrow-columns.ts'
import type { Session } from './duckdb-driver.ts'

/** Rows of a batch: large enough that its making costs little, small enough to keep several in memory. */
const defaultBatchRows = 64 * 1024

/** Rows of a batch that is written on to an online store as it comes, in writes that are smaller still. */
export const loadBatchRows = 8 * 1024

/**
 * The result of a query as batches of at most about `batchRows` rows, in its order. `columns[i]` names the i-th column. An
 * empty result gives one empty batch, so that the columns are known.
 */
export async function* streamBatches(
  session: Session,
  sql: string,
  columns: readonly ResultColumn[],
  batchRows: number = defaultBatchRows,
): AsyncIterable<RecordBatch> {
  const arrow = await loadArrow()
  const { types, chunks } = await session.stream(sql)
  const builder = new BatchBuilder({ arrow, bindings: session.bindings }, session.api, types, columns)
  let delivered = false
  for await (const chunk of chunks) {
    builder.append(chunk)
    if (builder.rows + chunk.rows <= batchRows) continue
    yield builder.finish()
    delivered = true
  }
  if (builder.rows > 0 || !delivered) yield builder.finish()
}
