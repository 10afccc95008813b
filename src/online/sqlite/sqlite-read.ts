import { CellBlock, eventMicrosOf, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineRead } from '../../plugin/online-store.ts'
import { quoteIdentifier, quoteText, tableName } from '../sql-common/identifiers.ts'
import type { SqliteConnection } from './sqlite-driver.ts'
import { microsOf, type StoredTime } from './sqlite-times.ts'

const storedNull = new Uint8Array(0)

/** One prepared statement per view and set of features, run once per key. Call it inside a transaction. */
export function readCells(connection: SqliteConnection, read: OnlineRead): OnlineCells {
  const statement = connection.prepare(selectStatement(read))
  const positions = new Map(read.features.map((feature, index) => [feature, index]))
  const cells = new CellBlock(read.entityKeys.length, read.features.length)
  for (const [row, key] of read.entityKeys.entries()) {
    for (const [feature, value, time] of statement.all(key) as unknown as readonly StoredRow[]) {
      const position = positions.get(feature)
      if (position === undefined) continue
      cells.set(row, position, value ?? storedNull)
      const event = microsOf(time)
      const latest = eventMicrosOf(cells, row)
      if (event !== null && (latest === null || event > latest)) cells.setEventMicros(row, event)
    }
  }
  return cells
}

type StoredRow = readonly [feature: string, value: Uint8Array | null, eventTimestamp: StoredTime]

function selectStatement(read: OnlineRead): string {
  const table = quoteIdentifier(tableName(read.table))
  const select = `SELECT feature_name, value, event_ts FROM ${table} WHERE entity_key = ?`
  // A key's features lie side by side in the primary key: most of them are read faster as one range than one by one.
  if (read.features.length * 2 >= read.table.features.length) return select
  return `${select} AND feature_name IN (${read.features.map(quoteText).join(', ')})`
}
