import { CellBlock, eventMicrosOf, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineRead } from '../../plugin/online-store.ts'
import { byteaArray, postgresEpochMicros, textArray } from './postgres-arrays.ts'
import type { PostgresConfig } from './postgres-config.ts'
import type { ResultRow, Statement } from './postgres-driver.ts'
import { qualifiedName } from './postgres-layout.ts'

/**
 * One statement for all reads. It answers with a row per read and key: the number of the read, that of the key from 1,
 * and its features packed into one `bytea`, so that neither the driver nor we handle a row per feature. Packed are, big
 * endian: place of the feature from 1 (4 bytes), event time as PostgreSQL sends it (8), length (4), value.
 *
 * A key's features are looked up by a subquery: that way the plan is a look into the primary key, however many keys
 * there are and whatever the statistics say.
 */
export function readStatement(config: PostgresConfig, reads: readonly OnlineRead[]): Statement {
  const branches = reads.map((read, index) => {
    const [keys, features] = [`$${index * 2 + 1}::bytea[]`, `$${index * 2 + 2}::text[]`]
    return `SELECT ${index}, k.at, (SELECT string_agg(int4send(array_position(${features}, t.feature_name))
      || timestamptz_send(coalesce(t.event_ts, '-infinity')) || int4send(coalesce(octet_length(t.value), 0))
      || coalesce(t.value, ''), ''::bytea)
      FROM ${qualifiedName(config, read.table)} t WHERE t.entity_key = k.key AND t.feature_name = ANY (${features}))
      FROM unnest(${keys}) WITH ORDINALITY AS k (key, at)`
  })
  return {
    sql: branches.join('\nUNION ALL\n'),
    parameters: reads.flatMap((read) => [byteaArray(read.entityKeys), textArray(read.features)]),
  }
}

/** PostgreSQL's `-infinity`: a row without an event time, which Feast never writes. */
const noEvent = -(1n << 63n)

/** The answers to {@link readStatement}, in the order of the reads. */
export function cellsOf(reads: readonly OnlineRead[], rows: readonly ResultRow[]): readonly OnlineCells[] {
  const blocks = reads.map((read) => new CellBlock(read.entityKeys.length, read.features.length))
  for (const [read, at, packed] of rows) {
    const block = blocks[Number(read)]
    if (block === undefined || packed === null || packed === undefined) continue
    fillRow(block, Number(at) - 1, Buffer.from(packed.slice(2), 'hex'))
  }
  return blocks
}

function fillRow(block: CellBlock, row: number, packed: Buffer): void {
  for (let at = 0; at < packed.length; ) {
    const feature = packed.readInt32BE(at) - 1
    const event = packed.readBigInt64BE(at + 4)
    const start = at + 16
    at = start + packed.readInt32BE(at + 12)
    block.set(row, feature, packed.subarray(start, at))
    if (event === noEvent) continue
    const micros = event + postgresEpochMicros
    const latest = eventMicrosOf(block, row)
    if (latest === null || micros > latest) block.setEventMicros(row, micros)
  }
}
