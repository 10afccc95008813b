import type { Logger } from '../../base/logger.ts'
import type { OnlineWrite, OnlineWriteSummary } from '../../plugin/online-store.ts'
import { areDistinct } from '../online-common/distinct-keys.ts'
import { newestRows } from '../online-common/newest-rows.ts'
import { sendToKeeper } from './keyed-command.ts'
import { OptimisticWriter } from './optimistic-write.ts'
import type { RedisConfig } from './redis-config.ts'
import { isScriptForbidden, ServerRefusal } from './redis-errors.ts'
import type { RedisTopology } from './redis-topology.ts'
import { WriteJob } from './write-job.ts'

/** A script keeps its server busy for less than a millisecond with so many rows, and buffers stay small. */
const [mostRows, mostBytes] = [200, 64 * 1024]
/** How many commands are on their way at once: enough that neither side waits for the other. */
const [inFlight, inFlightOfCluster] = [4, 64]

/** Rows whose keys one command can name, and the numbers of those among them that were left alone. */
type WriteGroup = (
  job: WriteJob,
  rows: readonly number[],
  signal: AbortSignal | undefined,
) => Promise<readonly number[]>

/** Writes batches, in bounded commands, a few of them at a time. */
export class RedisWriter {
  readonly #topology: RedisTopology
  readonly #config: RedisConfig
  readonly #logger: Logger
  #optimistic: OptimisticWriter | null = null

  constructor(topology: RedisTopology, config: RedisConfig, logger: Logger) {
    this.#topology = topology
    this.#config = config
    this.#logger = logger
  }

  async write(batch: OnlineWrite, signal: AbortSignal | undefined): Promise<OnlineWriteSummary> {
    signal?.throwIfAborted()
    // Feast's own order needs all rows: of equal event times the first one stays.
    const isFeast = batch.feastOrder === true
    const rows =
      isFeast || areDistinct(batch.entityKeys) ? Uint32Array.from(batch.entityKeys.keys()) : newestRows(batch)
    if (rows.length === 0) return { written: 0, stale: 0 }
    if (!this.#topology.isKnown) await this.#topology.discover(signal)
    const job = new WriteJob(this.#config, batch)
    const groups = this.#topology.isCluster ? groupsBySlot(this.#topology, job, rows) : groupsBySize(job, rows)
    const write: WriteGroup = this.#config.skipsDedup ? this.#overwrite : this.#compareAndWrite
    const stale: number[] = []
    const worker = async (): Promise<void> => {
      for (const group of groups) {
        signal?.throwIfAborted()
        stale.push(...(await write(job, group, signal)))
      }
    }
    const workers = isFeast ? 1 : this.#topology.isCluster ? inFlightOfCluster : inFlight
    await Promise.all(Array.from({ length: workers }, worker))
    return isFeast ? countKeys(job, new Set(stale)) : { written: rows.length - stale.length, stale: stale.length }
  }

  close(): void {
    this.#optimistic?.close()
  }

  readonly #overwrite: WriteGroup = async (job, rows, signal) => {
    const commands = rows.flatMap((row) => job.commandsOf(row))
    await sendToKeeper(this.#topology, { key: job.key(rows[0] ?? 0), commands }, signal)
    return []
  }

  readonly #compareAndWrite: WriteGroup = async (job, rows, signal) => {
    if (this.#optimistic !== null) return this.#optimistic.write(job, rows, signal)
    try {
      return await this.#runScript('EVALSHA', job, rows, signal)
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error
      if (error.kind === 'NOSCRIPT') return this.#runScript('EVAL', job, rows, signal)
      if (!isScriptForbidden(error)) throw error
    }
    if (this.#optimistic === null) {
      this.#logger.warn('The Redis user may not run scripts; rows are written in transactions, which takes longer.', {
        permission: '+evalsha +eval',
      })
      this.#optimistic = new OptimisticWriter(this.#topology, this.#config)
    }
    return this.#optimistic.write(job, rows, signal)
  }

  async #runScript(
    command: 'EVALSHA' | 'EVAL',
    job: WriteJob,
    rows: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<readonly number[]> {
    const run = (writer: Parameters<WriteJob['writeScriptCall']>[0]): void => job.writeScriptCall(writer, command, rows)
    const [skipped] = await sendToKeeper(this.#topology, { key: job.key(rows[0] ?? 0), commands: [run] }, signal)
    return Array.isArray(skipped) ? skipped.map((index) => rows[Number(index) - 1] ?? 0) : []
  }
}

/** Workers take turns at one iterator, so that groups are made as they are sent. */
function* groupsBySize(job: WriteJob, rows: Uint32Array): Generator<readonly number[]> {
  let group: number[] = []
  let bytes = 0
  for (const row of rows) {
    const size = job.sizeOf(row)
    if (group.length === mostRows || (group.length > 0 && bytes + size > mostBytes)) {
      yield group
      group = []
      bytes = 0
    }
    group.push(row)
    bytes += size
  }
  if (group.length > 0) yield group
}

function* groupsBySlot(topology: RedisTopology, job: WriteJob, rows: Uint32Array): Generator<readonly number[]> {
  const bySlot = new Map<number, number[]>()
  for (const row of rows) {
    const slot = topology.slotOf(job.key(row))
    const group = bySlot.get(slot)
    if (group === undefined) bySlot.set(slot, [row])
    else group.push(row)
  }
  for (const group of bySlot.values()) yield* groupsBySize(job, Uint32Array.from(group))
}

/** In Feast's order rows of one key are written one after the other; a key counts as written when one of them was. */
function countKeys(job: WriteJob, stale: ReadonlySet<number>): OnlineWriteSummary {
  const { entityKeys } = job.batch
  const all = new Set(entityKeys.map(textOf))
  const written = new Set(entityKeys.filter((_, row) => !stale.has(row)).map(textOf))
  return { written: written.size, stale: all.size - written.size }
}

const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('latin1')
