import { setTimeout as sleep } from 'node:timers/promises'
import { unlessAborted } from '../../base/unless-aborted.ts'
import { isPackedRow, unpackRow } from '../online-common/packed-row.ts'
import { encodedValues } from './command-writer.ts'
import { eventMicrosOf } from './event-time.ts'
import type { RedisConfig } from './redis-config.ts'
import type { RedisConnection } from './redis-driver.ts'
import { isPassing, unreadableEventTime } from './redis-errors.ts'
import { RedisNode } from './redis-node.ts'
import type { RedisTopology } from './redis-topology.ts'
import type { RedisReply } from './reply-reader.ts'
import type { WriteJob } from './write-job.ts'

/** Five seconds for a server that is restarted or replaced, as for all writes. */
const [mostAttempts, pauseMs] = [50, 100]

/**
 * Writes rows without scripts, for users who may not run any: looks at what is stored while the keys are watched, and
 * writes in a transaction, which the server refuses when another one has written in between.
 *
 * A watch belongs to a connection, so these have connections of their own, used by one group of rows at a time.
 */
export class OptimisticWriter {
  readonly #topology: RedisTopology
  readonly #config: RedisConfig
  readonly #lanes = new Map<string, Lane>()

  constructor(topology: RedisTopology, config: RedisConfig) {
    this.#topology = topology
    this.#config = config
  }

  /** @returns the rows that were left alone. */
  async write(job: WriteJob, rows: readonly number[], signal: AbortSignal | undefined): Promise<readonly number[]> {
    const stale = new Set<number>()
    // In Feast's order a key may come several times, and each time counts what stood before.
    const groups = job.batch.feastOrder === true ? rows.map((row) => [row]) : [rows]
    for (const group of groups) for (const row of await this.#writeGroup(job, group, signal)) stale.add(row)
    return [...stale]
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.node.close()
  }

  async #writeGroup(
    job: WriteJob,
    rows: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<readonly number[]> {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      try {
        if (!this.#topology.isKnown) await this.#topology.discover(signal)
        const lane = this.#laneOf(this.#topology.nodeOf(job.key(rows[0] ?? 0)))
        const stale = await lane.run((connection) => transact(connection, job, rows))
        if (stale !== null) return stale
      } catch (error) {
        if (!isPassing(error) || attempt > mostAttempts) throw error
        this.#topology.forget()
        await unlessAborted(sleep(pauseMs), signal)
      }
    }
  }

  #laneOf({ address, name }: RedisNode): Lane {
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const lane = new Lane(new RedisNode(address, this.#config.connection))
    this.#lanes.set(name, lane)
    return lane
  }
}

/** A connection that one at a time may use. */
class Lane {
  readonly node: RedisNode
  #last: Promise<unknown> = Promise.resolve()

  constructor(node: RedisNode) {
    this.node = node
  }

  run<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => work(await this.node.connect()))
    this.#last = turn.catch(() => {})
    return turn
  }
}

/** The rows that were left alone, or null when another writer came in between. */
async function transact(
  connection: RedisConnection,
  job: WriteJob,
  rows: readonly number[],
): Promise<readonly number[] | null> {
  const { writer } = connection
  writer.begin(1 + rows.length)
  writer.value('WATCH')
  for (const row of rows) job.writeKey(writer, row)
  for (const row of rows) {
    writer.begin(3)
    writer.value('HGET')
    job.writeKey(writer, row)
    writer.raw(job.fields[0] ?? encodedValues(['']))
  }
  const [, ...stored] = await connection.replies(1 + rows.length)
  const before = new Map(rows.map((row, index) => [row, bytesOf(stored[index] ?? null)]))
  const written = rows.filter((row) => !stays(before.get(row) ?? null, row, job))
  if (written.length === 0) {
    await connection.command(['UNWATCH'])
    return rows
  }
  const commands = written.flatMap((row) => job.commandsOf(row, before.get(row) ?? null))
  connection.writer.command(['MULTI'])
  for (const write of commands) write(connection.writer)
  connection.writer.command(['EXEC'])
  const outcome = (await connection.replies(2 + commands.length)).at(-1) ?? null
  if (outcome === null) return null
  const kept = new Set(written)
  return rows.filter((row) => !kept.has(row))
}

const bytesOf = (reply: RedisReply): Uint8Array | null => (Buffer.isBuffer(reply) ? reply : null)

/** The rule of the script, see write-script.ts. */
function stays(stored: Uint8Array | null, row: number, { batch, config }: WriteJob): boolean {
  if (stored === null) return false
  const old = timesOf(stored, batch.table.view)
  const isFeast = batch.feastOrder === true
  if (isFeast && old.eventMicros <= 0n) return false
  const eventMicros = batch.eventMicros[row] ?? 0n
  if (old.eventMicros !== eventMicros) return old.eventMicros > eventMicros
  if (isFeast) return true
  if (config.layout === 'feast' || old.createdMicros === null) return false
  const createdMicros = batch.createdMicros[row] ?? null
  return createdMicros === null || old.createdMicros > createdMicros
}

interface RowTimes {
  readonly eventMicros: bigint
  readonly createdMicros: bigint | null
}

function timesOf(bytes: Uint8Array, view: string): RowTimes {
  if (isPackedRow(bytes)) return unpackRow(bytes)
  const eventMicros = eventMicrosOf(bytes)
  if (eventMicros === null) throw unreadableEventTime(view)
  return { eventMicros, createdMicros: null }
}
