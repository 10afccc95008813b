import { setTimeout as sleep } from 'node:timers/promises'
import { unlessAborted } from '../../base/unless-aborted.ts'
import { nothingStored, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineRead } from '../../plugin/online-store.ts'
import {
  type GroupRow,
  type GroupRows,
  HmgetReplies,
  type KeyGroup,
  type RefusedRow,
  ReplyCells,
} from './hmget-replies.ts'
import { commandPlan } from './read-plan.ts'
import { redirectionOf } from './redirection.ts'
import type { RedisLayout } from './redis-config.ts'
import { ConnectionLost, isPassing } from './redis-errors.ts'
import type { RedisNode } from './redis-node.ts'
import type { RedisTopology } from './redis-topology.ts'

/** How long a read waits for a server that starts, or for a cluster that is being put right. */
const patienceMs = 1000

/** What one server is asked for. */
interface Errand {
  readonly node: RedisNode
  readonly parts: readonly GroupRows[]
  /** The server was named by `ASK`, and answers only when told that. */
  readonly isAsking: boolean
}

/**
 * All reads in one go: one `HMGET` per entity key for all views that share the key, all of them sent together; in a
 * cluster to every server those of its slots, at the same time. A connection that is lost is made anew once.
 * In the packed layout only that one field per view is asked for which holds a packed row; rows that turn out to be of
 * Feast's layout in some view cost another round.
 */
export async function readCells(
  topology: RedisTopology,
  layout: RedisLayout,
  reads: readonly OnlineRead[],
  signal: AbortSignal | undefined,
): Promise<readonly OnlineCells[]> {
  signal?.throwIfAborted()
  const cells = ReplyCells.forReads(reads)
  const groups = groupByKeys(layout, reads, cells)
  if (groups.length === 0) return cells
  if (!topology.isKnown) await topology.discover(signal)
  const all = groups.map((group): GroupRows => ({ group, rows: null }))
  shareBytes(cells, await new ReadRounds(topology, signal).run(errandsOf(topology, all)))
  return cells
}

/** Asks until every row is answered: a round for all, and seldom another one for those that were sent elsewhere. */
class ReadRounds {
  readonly #topology: RedisTopology
  readonly #signal: AbortSignal | undefined
  readonly #answers: HmgetReplies[] = []
  /** Rounds in which a connection was lost. */
  #losses = 0
  #hasLost = false
  #firstRefusal = 0
  #pauseMs = 0
  #needsPause = false

  constructor(topology: RedisTopology, signal: AbortSignal | undefined) {
    this.#topology = topology
    this.#signal = signal
  }

  async run(first: readonly Errand[]): Promise<readonly HmgetReplies[]> {
    let errands = first
    for (;;) {
      const [only] = errands
      const open =
        only !== undefined && errands.length === 1
          ? await this.#ask(only)
          : (await Promise.all(errands.map((errand) => this.#ask(errand)))).flat()
      if (open.length === 0) return this.#answers
      await this.#prepareNextRound()
      const anywhere = open.filter((each): each is GroupRows => 'group' in each)
      errands = [
        ...open.filter((each): each is Errand => 'node' in each),
        ...(anywhere.length > 0 ? errandsOf(this.#topology, anywhere) : []),
      ]
    }
  }

  async #prepareNextRound(): Promise<void> {
    if (this.#hasLost) this.#losses++
    this.#hasLost = false
    if (this.#needsPause) {
      this.#pauseMs = Math.min(100, this.#pauseMs * 2 + 5)
      await unlessAborted(sleep(this.#pauseMs), this.#signal)
    }
    this.#needsPause = false
    this.#signal?.throwIfAborted()
    if (!this.#topology.isKnown) await this.#topology.discover(this.#signal)
  }

  /** What is still open after an errand: rows to be asked for again, of a server to be found or of one that was named. */
  async #ask(errand: Errand): Promise<readonly (GroupRows | Errand)[]> {
    try {
      const { node } = errand
      const connection = node.connection ?? (await node.connect(this.#signal))
      const sink = new HmgetReplies(connection.address, errand.parts, this.#signal)
      if (errand.isAsking) connection.command(['ASKING']).catch(() => {})
      const { writer } = connection
      for (const { group, rows } of errand.parts) {
        if (rows === null) for (const key of group.entityKeys) group.plan.write(writer, key)
        else for (const row of rows) group.plan.write(writer, group.entityKeys[row] as Uint8Array)
      }
      connection.expect(sink)
      await sink.done
      this.#answers.push(sink)
      const unpacked = sink.unpacked.length === 0 ? [] : askUnpacked(sink.unpacked)
      return sink.refused.length === 0 ? unpacked : [...unpacked, ...this.#reopen(sink.refused, node)]
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
      this.#topology.forget()
      if (!isPassing(error) || this.#losses > 0) throw error
      this.#hasLost = true
      return errand.parts
    }
  }

  #reopen(refused: readonly RefusedRow[], from: RedisNode): readonly (GroupRows | Errand)[] {
    return refused.map(({ group, row, error }) => {
      if (!isPassing(error)) throw error
      const parts: readonly GroupRows[] = [{ group, rows: [row] }]
      const redirection = redirectionOf(error)
      if (redirection !== null) {
        const node = this.#topology.redirected(redirection, from)
        return { node, parts, isAsking: redirection.kind === 'ASK' }
      }
      const now = performance.now()
      if (this.#firstRefusal === 0) this.#firstRefusal = now
      else if (now - this.#firstRefusal > patienceMs) throw error
      this.#needsPause = true
      this.#topology.forget()
      return { group, rows: [row] }
    })
  }
}

/** The same rows, to be asked for feature by feature. */
function askUnpacked(rows: readonly GroupRow[]): readonly GroupRows[] {
  const byGroup = new Map<KeyGroup, number[]>()
  for (const { group, row } of rows) {
    const known = byGroup.get(group)
    if (known === undefined) byGroup.set(group, [row])
    else known.push(row)
  }
  return [...byGroup].map(([group, own]) => ({ group: { ...group, plan: group.plan.unpacked }, rows: own }))
}

/** Reads that share entity keys, as those of views with the same entities do, are one command for each key. */
function groupByKeys(
  layout: RedisLayout,
  reads: readonly OnlineRead[],
  cells: readonly ReplyCells[],
): readonly KeyGroup[] {
  const groups: { readonly keys: readonly Uint8Array[]; readonly members: number[] }[] = []
  for (const [index, { entityKeys, table }] of reads.entries()) {
    if (entityKeys.length === 0) continue
    const group = groups.find(
      ({ keys, members }) => reads[members[0] ?? 0]?.table.project === table.project && areSame(keys, entityKeys),
    )
    if (group === undefined) groups.push({ keys: entityKeys, members: [index] })
    else group.members.push(index)
  }
  return groups.map(({ keys, members }) => ({
    plan: commandPlan(
      layout,
      members.map((member) => reads[member] as OnlineRead),
    ),
    entityKeys: keys,
    cells: members.map((member) => cells[member] as ReplyCells),
  }))
}

function areSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a === b) return true
  return a.length === b.length && a.every((key, index) => Buffer.compare(key, b[index] as Uint8Array) === 0)
}

function errandsOf(topology: RedisTopology, parts: readonly GroupRows[]): readonly Errand[] {
  const [first] = parts
  if (first === undefined) return []
  if (!topology.isCluster) return [{ node: topology.nodeOf(noKey), parts, isAsking: false }]
  const byNode = new Map<RedisNode, Map<KeyGroup, number[]>>()
  for (const { group, rows } of parts) {
    for (const row of rows ?? group.entityKeys.keys()) {
      const key = Buffer.concat([group.entityKeys[row] as Uint8Array, group.plan.suffix])
      const node = topology.nodeOf(key)
      const ofNode = byNode.get(node) ?? new Map<KeyGroup, number[]>()
      byNode.set(node, ofNode)
      const ofGroup = ofNode.get(group)
      if (ofGroup === undefined) ofNode.set(group, [row])
      else ofGroup.push(row)
    }
  }
  return [...byNode].map(([node, groups]) => ({
    node,
    parts: [...groups].map(([group, rows]) => ({ group, rows })),
    isAsking: false,
  }))
}

const noKey = new Uint8Array(0)

/** Gives all blocks one buffer, as the answers of several servers begin at 0 each. */
function shareBytes(cells: readonly ReplyCells[], answers: readonly HmgetReplies[]): void {
  const [only] = answers
  if (only !== undefined && answers.length === 1) {
    for (const block of cells) block.bytes = only.bytes
    return
  }
  let offset = 0
  for (const answer of answers) {
    for (const { group, rows } of answer.parts) {
      const unanswered = [...answer.refused, ...answer.unpacked]
      const open = new Set(unanswered.flatMap((each) => (each.group === group ? [each.row] : [])))
      for (const row of rows ?? group.entityKeys.keys()) {
        if (!open.has(row)) for (const block of group.cells) moveRow(block, row, offset)
      }
    }
    offset += answer.bytes.length
  }
  const bytes = Buffer.concat(answers.map((answer) => answer.bytes))
  for (const block of cells) block.bytes = bytes
}

function moveRow(block: ReplyCells, row: number, offset: number): void {
  const { starts, ends, featureCount } = block
  for (let cell = row * featureCount; cell < (row + 1) * featureCount; cell++) {
    if (starts[cell] === nothingStored) continue
    starts[cell] = (starts[cell] as number) + offset
    ends[cell] = (ends[cell] as number) + offset
  }
}
