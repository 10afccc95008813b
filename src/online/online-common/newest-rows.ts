import type { OnlineWrite } from '../../plugin/online-store.ts'

/**
 * Of each key of a batch the row to keep: the latest event, then the latest creation (none at all is earliest), then
 * the one further down. Row numbers come ordered by the bytes of their keys, which is the order that a B-tree store
 * writes fastest. Times are compared in microseconds, whatever the store keeps of them.
 */
export function newestRows(batch: OnlineWrite): Uint32Array {
  return newestOf(batch.entityKeys, (a, b) => compareRows(batch, a, b))
}

/** @param order negative when row `a` is the older one. */
function newestOf(entityKeys: readonly Uint8Array[], order: (a: number, b: number) => number): Uint32Array {
  const rows = Uint32Array.from(entityKeys.keys())
  if (isAscending(entityKeys)) return rows
  const keyOf = (row: number): Uint8Array => entityKeys[row] ?? noBytes
  rows.sort((a, b) => Buffer.compare(keyOf(a), keyOf(b)) || order(b, a))
  let kept = 0
  for (const [at, row] of rows.entries()) {
    const before = rows[kept - 1]
    if (at > 0 && before !== undefined && Buffer.compare(keyOf(before), keyOf(row)) === 0) continue
    rows[kept++] = row
  }
  return rows.subarray(0, kept)
}

/** {@link newestRows} in the order of Feast's SQL stores: of each key the row furthest down, whatever its times. */
export function lastRows(batch: OnlineWrite): Uint32Array {
  return newestOf(batch.entityKeys, (a, b) => a - b)
}

const noBytes = new Uint8Array(0)

/** True when every key is greater than the one before it: sorted, and none twice. */
function isAscending(keys: readonly Uint8Array[]): boolean {
  return keys.every((key, index) => index === 0 || Buffer.compare(keys[index - 1] ?? noBytes, key) < 0)
}

/** Negative when row `a` is the older one. */
function compareRows(batch: OnlineWrite, a: number, b: number): number {
  return (
    compare(batch.eventMicros[a] ?? 0n, batch.eventMicros[b] ?? 0n) ||
    compareCreated(batch.createdMicros[a] ?? null, batch.createdMicros[b] ?? null) ||
    a - b
  )
}

function compareCreated(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1)
  return compare(a, b)
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
