import { CellBlock, eventMicrosOf, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineRead } from '../../plugin/online-store.ts'
import { tableName } from '../sql-common/identifiers.ts'
import type { Parameter, ResultRow, Run } from './mysql-driver.ts'
import { keyText, quoted } from './mysql-layout.ts'
import { padded, placeholders } from './placeholders.ts'

/** Parameters are counted in two bytes; padding at most doubles them. */
const mostParameters = 30_000

/** Some keys of one read. */
interface Part {
  readonly read: number
  readonly keys: readonly string[]
}

/** One statement for all reads, or several when there are more keys than one can take. */
export async function readCells(run: Run, reads: readonly OnlineRead[]): Promise<readonly OnlineCells[]> {
  const blocks = reads.map((read) => new CellBlock(read.entityKeys.length, read.features.length))
  const rowsOf = reads.map(rowsByKey)
  for (const parts of statementsOf(reads, rowsOf)) {
    const { sql, parameters } = readStatement(reads, parts)
    for (const row of await run(sql, parameters)) fill(blocks, reads, rowsOf, row)
  }
  return blocks
}

/** The rows of a read by the text of their key; a key may be asked for more than once. */
function rowsByKey(read: OnlineRead): ReadonlyMap<string, readonly number[]> {
  const rows = new Map<string, number[]>()
  for (const [row, key] of read.entityKeys.entries()) {
    const text = keyText(key)
    const known = rows.get(text)
    if (known === undefined) rows.set(text, [row])
    else known.push(row)
  }
  return rows
}

function* statementsOf(
  reads: readonly OnlineRead[],
  rowsOf: readonly ReadonlyMap<string, unknown>[],
): Iterable<readonly Part[]> {
  let parts: Part[] = []
  let free = mostParameters
  for (const [read, { features }] of reads.entries()) {
    const keys = [...(rowsOf[read]?.keys() ?? [])]
    if (features.length === 0) continue
    for (let at = 0; at < keys.length; ) {
      if (free <= features.length) {
        yield parts
        ;[parts, free] = [[], mostParameters]
      }
      const taken = keys.slice(at, at + Math.max(1, free - features.length))
      parts.push({ read, keys: taken })
      free -= taken.length + features.length
      at += taken.length
    }
  }
  if (parts.length > 0) yield parts
}

function readStatement(
  reads: readonly OnlineRead[],
  parts: readonly Part[],
): { readonly sql: string; readonly parameters: readonly Parameter[] } {
  const branches: string[] = []
  const parameters: Parameter[] = []
  for (const part of parts) {
    const read = reads[part.read]
    if (read === undefined) continue
    const [keys, features] = [padded(part.keys), padded(read.features)]
    branches.push(`SELECT ${part.read}, entity_key, feature_name, value, UNIX_TIMESTAMP(event_ts)
      FROM ${quoted(tableName(read.table))} WHERE entity_key IN (${placeholders(keys.length)})
      AND feature_name IN (${placeholders(features.length)})`)
    parameters.push(...keys, ...features)
  }
  return { sql: branches.join('\nUNION ALL\n'), parameters }
}

const storedNull = new Uint8Array(0)

function fill(
  blocks: readonly CellBlock[],
  reads: readonly OnlineRead[],
  rowsOf: readonly ReadonlyMap<string, readonly number[]>[],
  [read, key, name, value, seconds]: ResultRow,
): void {
  const index = Number(read)
  const block = blocks[index]
  // Exactly: to the server, names that differ in case alone are equal.
  const feature = reads[index]?.features.indexOf(String(name)) ?? -1
  if (block === undefined || feature < 0) return
  for (const row of rowsOf[index]?.get(String(key)) ?? []) {
    block.set(row, feature, value instanceof Uint8Array ? value : storedNull)
    if (seconds === null) continue
    const event = BigInt(String(seconds)) * 1_000_000n
    const latest = eventMicrosOf(block, row)
    if (latest === null || event > latest) block.setEventMicros(row, event)
  }
}
