import { setTimeout as sleep } from 'node:timers/promises'
import { unlessAborted } from '../../base/unless-aborted.ts'
import type { LayoutConversion, OnlineTable } from '../../plugin/online-store.ts'
import { entityKeyPrefix } from '../../types/entity-key.ts'
import { isPackedRow, nameHash, nameHashes, type PackedRow, packRow, unpackRow } from '../online-common/packed-row.ts'
import { encodeEventTime, eventMicrosOf } from './event-time.ts'
import { scanKeys } from './key-scan.ts'
import type { RedisConfig } from './redis-config.ts'
import type { RedisConnection } from './redis-driver.ts'
import { isPassing, unreadableEventTime } from './redis-errors.ts'
import { eventField, featureField, isKeyOf, keyPattern, projectSuffix } from './redis-layout.ts'
import { RedisNode } from './redis-node.ts'
import type { RedisTopology } from './redis-topology.ts'
import type { RedisReply } from './reply-reader.ts'

/** Keys of one transaction: few enough that writers seldom come in between. */
const keysPerTransaction = 50
/** Connections to each server, as a transaction has its connection to itself. */
const lanes = 4
/** How often a conversion begins again when servers are restarted or slots move. */
const [mostRestarts, pauseMs] = [25, 200]

/** A view with its fields. */
interface StoredView {
  readonly table: OnlineTable
  readonly event: Uint8Array
  readonly features: readonly Uint8Array[]
  readonly hashes: readonly number[]
}

/** Views that share hashes. */
interface Sharing {
  readonly pattern: Uint8Array
  readonly project: Uint8Array
  readonly prefix: Uint8Array
  readonly keyCount: number
  readonly views: readonly StoredView[]
}

type Command = readonly (string | Uint8Array)[]

/**
 * Brings the rows of views to the configured layout. Each key changes at once, in a transaction that gives way to writers,
 * and is readable in both layouts; so there is no mark to set, and after a break it goes on from what it finds.
 * @throws FTS5040 before anything is changed
 */
export async function convertTables(
  topology: RedisTopology,
  config: RedisConfig,
  tables: readonly OnlineTable[],
  signal: AbortSignal | undefined,
): Promise<LayoutConversion> {
  const conversion = new Conversion(topology, config, sharingsOf(tables, config), signal)
  for (let restarts = 0; ; restarts++) {
    try {
      await conversion.run()
      return { layout: config.layout, converted: conversion.converted }
    } catch (error) {
      if (!isPassing(error) || restarts === mostRestarts) throw error
      topology.forget()
      await unlessAborted(sleep(pauseMs), signal)
    }
  }
}

function sharingsOf(tables: readonly OnlineTable[], config: RedisConfig): readonly Sharing[] {
  const groups = new Map<string, { readonly first: OnlineTable; readonly views: StoredView[] }>()
  for (const table of tables) {
    const names = table.features.map((feature) => feature.name)
    const view = {
      table,
      event: eventField(table),
      features: names.map((name) => featureField(table, name)),
      hashes: config.layout === 'packed' ? nameHashes(names) : names.map(nameHash),
    }
    const shared = JSON.stringify([table.project, table.joinKeys])
    const group = groups.get(shared)
    if (group === undefined) groups.set(shared, { first: table, views: [view] })
    else group.views.push(view)
  }
  return [...groups.values()].map(({ first: { project, joinKeys }, views }) => ({
    pattern: keyPattern(joinKeys, project, config.keyVersion),
    project: projectSuffix(project),
    prefix: entityKeyPrefix(joinKeys, config.keyVersion),
    keyCount: joinKeys.length,
    views,
  }))
}

class Conversion {
  /** Keys and views that were in the other layout. */
  converted = 0
  readonly #topology: RedisTopology
  readonly #config: RedisConfig
  readonly #sharings: readonly Sharing[]
  readonly #signal: AbortSignal | undefined

  constructor(
    topology: RedisTopology,
    config: RedisConfig,
    sharings: readonly Sharing[],
    signal: AbortSignal | undefined,
  ) {
    this.#topology = topology
    this.#config = config
    this.#sharings = sharings
    this.#signal = signal
  }

  async run(): Promise<void> {
    this.#signal?.throwIfAborted()
    await this.#topology.discover(this.#signal)
    for (const node of this.#topology.masters()) {
      const workers = Array.from({ length: lanes }, () => new RedisNode(node.address, this.#config.connection))
      try {
        for (const sharing of this.#sharings) await this.#convertOn(await node.connect(this.#signal), workers, sharing)
      } finally {
        for (const worker of workers) worker.close()
      }
    }
  }

  async #convertOn(scanning: RedisConnection, workers: readonly RedisNode[], sharing: Sharing): Promise<void> {
    for await (const keys of scanKeys(scanning, sharing.pattern)) {
      const own = keys.filter((key) => isKeyOf(key, sharing.prefix, sharing.keyCount, sharing.project))
      const groups = this.#groups(own)
      await Promise.all(
        workers.map(async (worker) => {
          for (const group of groups) await this.#convert(await worker.connect(this.#signal), sharing, group)
        }),
      )
    }
  }

  /** Keys of one transaction: in a cluster those of one slot. Workers take turns at the iterator. */
  *#groups(keys: readonly Buffer[]): Generator<readonly Buffer[], void, undefined> {
    const bySlot = Map.groupBy(keys, (key) => this.#topology.slotOf(key))
    for (const group of bySlot.values()) {
      for (let start = 0; start < group.length; start += keysPerTransaction) {
        yield group.slice(start, start + keysPerTransaction)
      }
    }
  }

  async #convert(connection: RedisConnection, sharing: Sharing, keys: readonly Buffer[]): Promise<void> {
    this.#signal?.throwIfAborted()
    const converted = await transact(connection, keys, sharing.views, conversions[this.#config.layout])
    if (converted !== null) this.converted += converted
    // Somebody wrote to one of them; that one alone is tried again.
    else for (const key of keys) await this.#convert(connection, sharing, [key])
  }
}

/** How many rows were converted, or null when a writer came in between. */
async function transact(
  connection: RedisConnection,
  keys: readonly Buffer[],
  views: readonly StoredView[],
  { asks, convert }: LayoutChange,
): Promise<number | null> {
  const { writer } = connection
  writer.command(['WATCH', ...keys])
  for (const key of keys) for (const view of views) writer.command(['HMGET', key, ...asks(view)])
  const [, ...replies] = await connection.replies(1 + keys.length * views.length)
  let converted = 0
  const commands: Command[] = []
  for (const [index, reply] of replies.entries()) {
    const view = views[index % views.length] as StoredView
    const key = keys[Math.floor(index / views.length)] as Buffer
    const change = convert(key, view, bytesOf(reply))
    if (change.isConversion) converted++
    commands.push(...change.commands)
  }
  if (commands.length === 0) {
    await connection.command(['UNWATCH'])
    return 0
  }
  for (const command of [['MULTI'], ...commands, ['EXEC']]) connection.writer.command(command)
  const outcome = (await connection.replies(2 + commands.length)).at(-1) ?? null
  return outcome === null ? null : converted
}

const bytesOf = (reply: RedisReply): readonly (Buffer | null)[] =>
  Array.isArray(reply) ? reply.map((value) => (Buffer.isBuffer(value) ? value : null)) : []

interface RowChange {
  readonly commands: readonly Command[]
  readonly isConversion: boolean
}

interface LayoutChange {
  /** The fields that it must know. */
  readonly asks: (view: StoredView) => readonly Uint8Array[]
  /** What makes a row of the other layout one of this one. */
  readonly convert: (key: Buffer, view: StoredView, stored: readonly (Buffer | null)[]) => RowChange
}

const unchanged: RowChange = { commands: [], isConversion: false }

/** Into each layout. */
const conversions: Readonly<Record<RedisConfig['layout'], LayoutChange>> = {
  packed: {
    asks: ({ event, features }) => [event, ...features],
    convert: (key, view, [event, ...values]) => {
      if (!event) return unchanged
      const loose = view.features.filter((_, index) => values[index])
      const remove: readonly Command[] = loose.length === 0 ? [] : [['HDEL', key, ...loose]]
      // Values beside a packed row are older than it: a writer that does not look at what is stored left them.
      if (isPackedRow(event)) return { commands: remove, isConversion: false }
      const row: PackedRow = {
        eventMicros: eventTimeOf(event, view),
        createdMicros: null,
        values: new Map(view.hashes.flatMap((hash, index) => (values[index] ? [[hash, values[index]]] : []))),
      }
      return { commands: [['HSET', key, view.event, packRow(row)], ...remove], isConversion: true }
    },
  },
  feast: {
    asks: ({ event }) => [event],
    // What the view no longer has is dropped, as a packed row says only the hashes of names.
    convert: (key, view, [event]) => {
      if (!event || !isPackedRow(event)) return unchanged
      const { eventMicros, values } = unpackRow(event)
      const stored = view.features.flatMap((field, index) => {
        const value = values.get(view.hashes[index] ?? 0)
        return value === undefined ? [] : [field, value]
      })
      const command = ['HSET', key, view.event, encodeEventTime(eventMicros), ...stored]
      return { commands: [command], isConversion: true }
    },
  },
}

function eventTimeOf(bytes: Uint8Array, { table }: StoredView): bigint {
  const micros = eventMicrosOf(bytes)
  if (micros === null) throw unreadableEventTime(table.view)
  return micros
}
