import type { BatchMark } from '../../plugin/offline-store.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import type { Session } from './duckdb-driver.ts'

/** The key in the metadata of a Parquet file: JSON of `[sender, last sequence]` pairs, the latest last. */
const metadataKey = 'feast_ts_batches'

/** Senders that a file remembers: far more than there are machines that write to it. */
const mostSenders = 100

/** The last batch of each sender that is in a file. Other metadata of the file, and none, is no mark. */
export async function batchMarks(session: Session, path: string): Promise<readonly BatchMark[]> {
  const [found] = await session.rows(
    `SELECT decode(value) FROM parquet_kv_metadata(${duckdbDialect.text(path)})
     WHERE key = ${duckdbDialect.text(metadataKey)}::BLOB`,
  )
  if (found === undefined) return []
  const pairs = JSON.parse(String(found[0])) as readonly (readonly [string, number])[]
  return pairs.map(([sender, sequence]) => ({ sender, sequence }))
}

/** Whether a batch is in the file. */
export function isMarked(marks: readonly BatchMark[], batch: BatchMark): boolean {
  return marks.some(({ sender, sequence }) => sender === batch.sender && sequence >= batch.sequence)
}

/** The marks with that of one more batch. */
export function marked(marks: readonly BatchMark[], batch: BatchMark): readonly BatchMark[] {
  return [...marks.filter(({ sender }) => sender !== batch.sender), batch].slice(-mostSenders)
}

/** What a file carries so that {@link batchMarks} finds the marks. */
export function marksMetadata(marks: readonly BatchMark[]): Readonly<Record<string, string>> {
  if (marks.length === 0) return {}
  return { [metadataKey]: JSON.stringify(marks.map(({ sender, sequence }) => [sender, sequence])) }
}
