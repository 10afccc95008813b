import type { OnlineWrite, OnlineWriteSummary } from '../../plugin/online-store.ts'
import { lastRows, newestRows } from '../online-common/newest-rows.ts'
import type { Task } from '../sql-common/connection-task.ts'
import { tableName } from '../sql-common/identifiers.ts'
import type { MysqlConnections, Parameter, Run } from './mysql-driver.ts'
import { keyText, quoted, refuseUnfit, timestampText, wholeSeconds } from './mysql-layout.ts'
import { padded, placeholders } from './placeholders.ts'

/** What one statement carries at most. The bytes stay far below the smallest usual `max_allowed_packet`. */
const statementCells = 512
const statementBytes = 1024 * 1024
const statementKeys = 4096

/** How often a batch is done anew because keys came out partly written. */
const attempts = 20

interface Cell {
  readonly key: string
  readonly feature: string
  readonly value: Uint8Array
  readonly event: string
  readonly created: string | null
}

/**
 * Writes a batch in one transaction: upserts that leave newer rows alone, in the order of keys and features, so that
 * writers at the same time wait for each other and seldom block each other for good.
 *
 * A key is written whole or not at all. When some rows of a key were newer and others not (a feature is new to the
 * view, or its rows come from different events), the transaction is rolled back and done again without that key. To
 * tell, the rows are looked at while they are locked: their counts do not say what was written.
 */
export async function writeRows(
  connections: MysqlConnections,
  batch: OnlineWrite,
  task: Task,
): Promise<OnlineWriteSummary> {
  if (batch.table.features.length === 0 || batch.entityKeys.length === 0) return { written: 0, stale: 0 }
  refuseUnfit(connections.server, batch)
  const all = batch.feastOrder === true ? lastRows(batch) : newestRows(batch)
  let rows = [...all]
  for (let attempt = 1; ; attempt++) {
    try {
      const written = await connections.transaction(task, async (run) => {
        await upsertRows(run, batch, rows, task.signal)
        return batch.feastOrder === true ? rows.length : await countWritten(run, batch, rows)
      })
      return { written, stale: all.length - written }
    } catch (error) {
      if (!(error instanceof PartlyWritten) || attempt === attempts) throw error
      const { keys } = error
      rows = rows.filter((row) => !keys.has(keyOf(batch, row)))
    }
  }
}

/** Keys of which some rows are newer than those of the batch, and others are not. */
class PartlyWritten extends Error {
  readonly keys: ReadonlySet<string>

  constructor(keys: ReadonlySet<string>) {
    super(`${keys.size} keys were written in part`)
    this.keys = keys
  }
}

const noBytes = new Uint8Array(0)
const keyOf = (batch: OnlineWrite, row: number): string => keyText(batch.entityKeys[row] ?? noBytes)

async function upsertRows(
  run: Run,
  batch: OnlineWrite,
  rows: readonly number[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const cells of statementsOf(cellsOf(batch, rows))) {
    signal?.throwIfAborted()
    const parameters = cells.flatMap(({ key, feature, value, event, created }): Parameter[] => [
      key,
      feature,
      Buffer.from(value.buffer, value.byteOffset, value.length),
      event,
      created,
    ])
    await run(upsertStatement(batch, cells.length), parameters)
  }
}

/** By key, then by the name of the feature. */
function* cellsOf(batch: OnlineWrite, rows: readonly number[]): Iterable<Cell> {
  const columns = batch.table.features
    .map(({ name }, index) => ({ feature: name, values: batch.values[index] ?? [] }))
    .sort((a, b) => (a.feature < b.feature ? -1 : 1))
  for (const row of rows) {
    const key = keyOf(batch, row)
    const event = timestampText(batch.eventMicros[row] ?? 0n)
    const createdMicros = batch.createdMicros[row] ?? null
    const created = createdMicros === null ? null : timestampText(createdMicros)
    for (const { feature, values } of columns) yield { key, feature, value: values[row] ?? noBytes, event, created }
  }
}

/** Cells by statement: their number is a power of two, so that few different statements are prepared. */
function* statementsOf(cells: Iterable<Cell>): Iterable<readonly Cell[]> {
  let pending: Cell[] = []
  let bytes = 0
  for (const cell of cells) {
    const own = cell.key.length + cell.value.length + 64
    if (pending.length === statementCells || (pending.length > 0 && bytes + own > statementBytes)) {
      yield* inPowersOfTwo(pending)
      ;[pending, bytes] = [[], 0]
    }
    pending.push(cell)
    bytes += own
  }
  yield* inPowersOfTwo(pending)
}

function* inPowersOfTwo<T>(list: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < list.length; ) {
    const length = 2 ** Math.floor(Math.log2(list.length - at))
    yield list.slice(at, at + length)
    at += length
  }
}

/**
 * `event_ts` is set last, as the server evaluates assignments from left to right; once `created_ts` is set, the
 * condition still says the same for it.
 */
function upsertStatement(batch: OnlineWrite, count: number): string {
  const isOlder = `event_ts IS NULL OR VALUES(event_ts) > event_ts OR (VALUES(event_ts) = event_ts
    AND (created_ts IS NULL OR VALUES(created_ts) >= created_ts))`
  const changes = ['value', 'created_ts', 'event_ts'].map((column) =>
    batch.feastOrder === true
      ? `${column} = VALUES(${column})`
      : `${column} = IF(${isOlder}, VALUES(${column}), ${column})`,
  )
  return `INSERT INTO ${quoted(tableName(batch.table))} (entity_key, feature_name, value, event_ts, created_ts)
    VALUES ${new Array(count).fill('(?, ?, ?, ?, ?)').join(', ')}
    ON DUPLICATE KEY UPDATE ${changes.join(', ')}`
}

/** Seconds of the event, and of the creation where there is one, as one number that orders rows as they are ordered. */
function rankOf(batch: OnlineWrite, row: number): bigint {
  const created = batch.createdMicros[row] ?? null
  const event = wholeSeconds(batch.eventMicros[row] ?? 0n)
  return event * 4_294_967_296n + (created === null ? 0n : wholeSeconds(created))
}

const rankSql = `CAST(UNIX_TIMESTAMP(event_ts) AS UNSIGNED) * 4294967296
  + CAST(coalesce(UNIX_TIMESTAMP(created_ts), 0) AS UNSIGNED)`

/** The number of keys whose rows are now all those of the batch. @throws PartlyWritten */
async function countWritten(run: Run, batch: OnlineWrite, rows: readonly number[]): Promise<number> {
  const features = padded(batch.table.features.map((feature) => feature.name))
  const wanted = new Map(rows.map((row) => [keyOf(batch, row), rankOf(batch, row)]))
  const keys = [...wanted.keys()]
  const partly = new Set<string>()
  let written = 0
  for (let at = 0; at < keys.length; at += statementKeys) {
    const some = padded(keys.slice(at, at + statementKeys))
    const ranks = await run(
      `SELECT entity_key, MIN(${rankSql}), MAX(${rankSql}) FROM ${quoted(tableName(batch.table))}
        WHERE entity_key IN (${placeholders(some.length)}) AND feature_name IN (${placeholders(features.length)})
        GROUP BY entity_key FOR UPDATE`,
      [...some, ...features],
    )
    for (const [key, least, greatest] of ranks) {
      const own = wanted.get(String(key))
      if (BigInt(String(greatest)) === own) written++
      else if (BigInt(String(least)) === own) partly.add(String(key))
    }
  }
  if (partly.size > 0) throw new PartlyWritten(partly)
  return written
}
