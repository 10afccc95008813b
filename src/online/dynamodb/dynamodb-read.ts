import { setTimeout as sleep } from 'node:timers/promises'
import type { KeysAndAttributes } from '@aws-sdk/client-dynamodb'
import { unlessAborted } from '../../base/unless-aborted.ts'
import { CellBlock, type OnlineCells } from '../../plugin/online-cells.ts'
import type { OnlineRead } from '../../plugin/online-store.ts'
import { inParallel } from '../online-common/in-parallel.ts'
import { full } from '../online-common/server-errors.ts'
import type { DynamodbConnection } from './dynamodb-driver.ts'
import { entityId, eventOf, type Item, tableName } from './dynamodb-layout.ts'

/** What is read of one table: items by id, and of them all features, or the named ones. */
export interface WantedItems {
  readonly ids: ReadonlySet<string>
  readonly features: ReadonlySet<string> | 'all'
}

/** Items by id, by table. */
export type FoundItems = ReadonlyMap<string, ReadonlyMap<string, Item>>

/** All reads of a request: one BatchGetItem over all their tables, or as few as the limit of keys allows. */
export async function readCells(
  connection: DynamodbConnection,
  reads: readonly OnlineRead[],
  signal: AbortSignal | undefined,
): Promise<OnlineCells[]> {
  const { tableNameTemplate, consistentReads } = connection.config
  const idsOf = memoized((keys: OnlineRead['entityKeys']) => keys.map(entityId))
  const wanted = new Map<string, { ids: Set<string>; features: Set<string> | 'all' }>()
  const tables = reads.map((read) => {
    const name = tableName(tableNameTemplate, read.table)
    const table = wanted.get(name) ?? { ids: new Set<string>(), features: new Set<string>() }
    for (const id of idsOf(read.entityKeys)) table.ids.add(id)
    const features = [...(table.features === 'all' ? [] : table.features), ...read.features]
    table.features = table.features === 'all' || !isProjected(features, read) ? 'all' : new Set(features)
    wanted.set(name, table)
    return name
  })
  const found = await fetchItems(connection, wanted, consistentReads, signal)
  return reads.map((read, index) => cellsOf(read, idsOf(read.entityKeys), found.get(tables[index] ?? '')))
}

/** The list of names may be as long as this: the service takes 4 kB of text. */
const mostProjected = 300

/** Asking for most of a view by name makes the request larger and the answer hardly smaller. */
function isProjected(features: readonly string[], read: OnlineRead): boolean {
  return features.length <= mostProjected && features.length < read.table.features.length
}

function memoized<In extends object, Out>(make: (input: In) => Out): (input: In) => Out {
  const made = new Map<In, Out>()
  return (input) => {
    const known = made.get(input)
    if (known !== undefined) return known
    const result = make(input)
    made.set(input, result)
    return result
  }
}

function cellsOf(read: OnlineRead, ids: readonly string[], items: ReadonlyMap<string, Item> | undefined): OnlineCells {
  const cells = new CellBlock(read.entityKeys.length, read.features.length)
  for (const [row, id] of ids.entries()) {
    const item = items?.get(id)
    const event = item && eventOf(item)
    // A row without a time that can be read is none that Feast or this store has written.
    if (item === undefined || event === undefined) continue
    cells.setEventMicros(row, event)
    const values = item.values?.M
    if (values === undefined) continue
    for (const [index, feature] of read.features.entries()) {
      const value = Object.hasOwn(values, feature) ? values[feature]?.B : undefined
      if (value !== undefined) cells.set(row, index, value)
    }
  }
  return cells
}

/** The items that are there, in bounded parallel requests of at most `batch_size` keys over all tables. */
export async function fetchItems(
  connection: DynamodbConnection,
  wanted: ReadonlyMap<string, WantedItems>,
  consistent: boolean,
  signal: AbortSignal | undefined,
): Promise<FoundItems> {
  const { batchSize, readWorkers } = connection.config
  const found = new Map<string, Map<string, Item>>([...wanted.keys()].map((table) => [table, new Map()]))
  await inParallel(requestsFor(wanted, consistent, batchSize), readWorkers, async (request) => {
    for await (const [table, item] of answersTo(connection, request, signal)) {
      found.get(table)?.set(item.entity_id?.S ?? '', item)
    }
  })
  return found
}

type RequestItems = Record<string, KeysAndAttributes>

function requestsFor(
  wanted: ReadonlyMap<string, WantedItems>,
  consistent: boolean,
  batchSize: number,
): readonly RequestItems[] {
  const requests: RequestItems[] = []
  let current: RequestItems = {}
  let room = 0
  for (const [table, { ids, features }] of wanted) {
    const shared = { ...(consistent && { ConsistentRead: true }), ...projection(features) }
    for (const id of ids) {
      if (room === 0) {
        current = {}
        requests.push(current)
        room = batchSize
      }
      current[table] ??= { ...shared, Keys: [] }
      current[table].Keys?.push({ entity_id: { S: id } })
      room--
    }
  }
  return requests
}

/** Only the requested features; `values` is a reserved word, and features may have any name. */
function projection(features: WantedItems['features']): Partial<KeysAndAttributes> {
  if (features === 'all') return {}
  const names: Record<string, string> = features.size === 0 ? {} : { '#v': 'values' }
  const paths = [...features].map((feature, index) => {
    names[`#${index}`] = feature
    return `#v.#${index}`
  })
  return {
    ProjectionExpression: ['entity_id', 'event_ts', ...paths].join(','),
    ...(features.size > 0 && { ExpressionAttributeNames: names }),
  }
}

/** Waits between requests for what the service left out, from 25 ms to 1.6 s. Feast never asks again. */
const mostRepeats = 8

async function* answersTo(
  connection: DynamodbConnection,
  request: RequestItems,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [table: string, item: Item]> {
  let left: RequestItems = request
  for (let repeat = 0; ; repeat++) {
    const asked = left
    const answer = await connection.request(
      (send, sdk, options) => send(new sdk.BatchGetItemCommand({ RequestItems: asked }), options),
      signal,
    )
    for (const [table, items] of Object.entries(answer.Responses ?? {})) {
      for (const item of items) yield [table, item]
    }
    left = answer.UnprocessedKeys ?? {}
    if (Object.keys(left).length === 0) return
    if (repeat === mostRepeats) throw leftOut(connection, 'read')
    await pause(repeat, signal)
  }
}

/** Waits longer each time, and not as long as others do. */
export async function pause(repeat: number, signal: AbortSignal | undefined): Promise<void> {
  const longest = Math.min(1600, 25 * 2 ** repeat)
  await unlessAborted(sleep(longest * (0.5 + Math.random() / 2)), signal)
}

export function leftOut(connection: DynamodbConnection, what: string): unknown {
  return full(connection.server, new Error(`it left out keys of a ${what} again and again`))
}
