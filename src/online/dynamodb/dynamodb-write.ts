import type { AttributeValue, PutItemCommandInput, WriteRequest } from '@aws-sdk/client-dynamodb'
import type { OnlineWrite, OnlineWriteSummary } from '../../plugin/online-store.ts'
import { inParallel } from '../online-common/in-parallel.ts'
import { lastRows, newestRows } from '../online-common/newest-rows.ts'
import { full, tooLarge } from '../online-common/server-errors.ts'
import type { DynamodbConnection } from './dynamodb-driver.ts'
import { isNamed } from './dynamodb-errors.ts'
import { eventOf, type Item, itemBytes, itemOf, merged, mostItemBytes, tableName } from './dynamodb-layout.ts'
import { fetchItems, leftOut, pause } from './dynamodb-read.ts'

/**
 * Writes a batch. The service can neither condition a write of many items nor compare times that have different
 * offsets, so what is stored is read first, a hundred keys at a time, and compared here. Each newer row is then put on
 * the condition that its item is still the one that was read. When it is not, the answer holds what is there now, and
 * the row is compared with that.
 */
export async function writeRows(
  connection: DynamodbConnection,
  batch: OnlineWrite,
  signal: AbortSignal | undefined,
): Promise<OnlineWriteSummary> {
  signal?.throwIfAborted()
  if (batch.table.features.length === 0) return { written: 0, stale: 0 }
  const table = tableName(connection.config.tableNameTemplate, batch.table)
  const rows = batch.feastOrder === true ? lastRows(batch) : newestRows(batch)
  const items = Array.from(rows, (row) => itemOf(batch, row))
  for (const item of items) refuseLarge(connection, item)
  if (batch.feastOrder === true) {
    await inParallel(chunksOf(items, 25), putsAtOnce / 4, (chunk) =>
      putUnconditionally(connection, table, chunk, signal),
    )
    return { written: items.length, stale: 0 }
  }
  const written = await inParallel(chunksOf(items, 100), 2, (chunk) => writeChunk(connection, table, chunk, signal))
  const count = written.reduce((sum, each) => sum + each, 0)
  return { written: count, stale: items.length - count }
}

/** Requests of one chunk at a time: enough to hide the time of a round trip. */
const putsAtOnce = 24

function refuseLarge(connection: DynamodbConnection, item: Item): void {
  const bytes = itemBytes(item)
  if (bytes <= mostItemBytes) return
  const what = `the values of entity ${item.entity_id?.S}`
  throw tooLarge(connection.server, { what, bytes, most: mostItemBytes })
}

/** How many of the rows were newer than what is stored. */
async function writeChunk(
  connection: DynamodbConnection,
  table: string,
  items: readonly Item[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const ids = new Set(items.map((item) => item.entity_id?.S ?? ''))
  const stored = await fetchItems(connection, new Map([[table, { ids, features: 'all' }]]), true, signal)
  const puts = await inParallel(items, putsAtOnce, (item) => {
    return putNewer(connection, table, item, stored.get(table)?.get(item.entity_id?.S ?? ''), signal)
  })
  return puts.filter((wasNewer) => wasNewer).length
}

/** Each lost race means that another writer won it, so this ends; the limit is for servers that do not keep to that. */
const mostRaces = 500

async function putNewer(
  connection: DynamodbConnection,
  table: string,
  item: Item,
  found: Item | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let stored = found
  const event = eventOf(item) ?? 0n
  for (let race = 0; race < mostRaces; race++) {
    const before = stored && eventOf(stored)
    if (before !== undefined && before > event) return false
    const put = merged(item, stored)
    refuseLarge(connection, put)
    const lost = await putIfStill(connection, { TableName: table, Item: put, ...conditionOf(stored) }, signal)
    if (lost === undefined) return true
    stored = lost.item
  }
  throw full(connection.server, new Error('other writers changed the same row again and again'))
}

/** Holds while the item is as it was read: not there, or with the same event time. */
function conditionOf(stored: Item | undefined): Partial<PutItemCommandInput> {
  const event = stored?.event_ts
  if (stored === undefined) return { ConditionExpression: 'attribute_not_exists(entity_id)' }
  if (event === undefined) return { ConditionExpression: 'attribute_not_exists(event_ts)' }
  return { ConditionExpression: 'event_ts = :seen', ExpressionAttributeValues: { ':seen': event } }
}

/** Undefined when it was put; else what is stored instead. */
async function putIfStill(
  connection: DynamodbConnection,
  put: PutItemCommandInput,
  signal: AbortSignal | undefined,
): Promise<{ readonly item: Item | undefined } | undefined> {
  const broken = 'ConditionalCheckFailedException'
  try {
    await connection.request(
      (send, sdk, options) =>
        send(new sdk.PutItemCommand({ ...put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }), options),
      signal,
      [broken],
    )
    return undefined
  } catch (error) {
    if (!isNamed(error, broken) || !(error instanceof Error)) throw error
    return { item: 'Item' in error ? (error.Item as Record<string, AttributeValue> | undefined) : undefined }
  }
}

/** Puts items whatever is stored, and again those that the service left out. */
async function putUnconditionally(
  connection: DynamodbConnection,
  table: string,
  items: readonly Item[],
  signal: AbortSignal | undefined,
): Promise<void> {
  let left: WriteRequest[] = items.map((item) => ({ PutRequest: { Item: item } }))
  for (let repeat = 0; left.length > 0; repeat++) {
    if (repeat > 0) await pause(repeat, signal)
    if (repeat > 8) throw leftOut(connection, 'write')
    const asked = left
    const { UnprocessedItems: unprocessed } = await connection.request(
      (send, sdk, options) => send(new sdk.BatchWriteItemCommand({ RequestItems: { [table]: asked } }), options),
      signal,
    )
    left = unprocessed?.[table] ?? []
  }
}

function chunksOf<T>(list: readonly T[], size: number): readonly T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
}
