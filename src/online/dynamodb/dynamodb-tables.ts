import { setTimeout as sleep } from 'node:timers/promises'
import type { TableDescription, Tag } from '@aws-sdk/client-dynamodb'
import type { Logger } from '../../base/logger.ts'
import type { OnlineTable, TableChange } from '../../plugin/online-store.ts'
import { droppedNames } from '../online-common/dropped-names.ts'
import { inParallel } from '../online-common/in-parallel.ts'
import { timedOut } from '../online-common/server-errors.ts'
import type { DynamodbConnection } from './dynamodb-driver.ts'
import { isNamed } from './dynamodb-errors.ts'
import { tableName } from './dynamodb-layout.ts'

/** The service allows 500 changes of tables at a time; a few suffice. */
const changesAtOnce = 10

/** A new table is ready within seconds as a rule. */
const deadlineMs = 300_000

const missing = 'ResourceNotFoundException'
const inUse = 'ResourceInUseException'
const denied = 'AccessDeniedException'
/** What DynamoDB Local answers to requests for tags. */
const unknown = 'UnknownOperationException'

/** Makes tables that are not there and waits until they can be used. Tables of others' making need no permission. */
export async function makeTables(
  connection: DynamodbConnection,
  tables: readonly OnlineTable[],
  logger: Logger,
): Promise<void> {
  const { tableNameTemplate } = connection.config
  const distinct = [...new Map(tables.map((table) => [tableName(tableNameTemplate, table), table]))]
  await inParallel(distinct, changesAtOnce, async ([name, table]) => {
    const tags = Object.entries({ ...connection.config.tags, ...table.tags }).map(([Key, Value]) => ({ Key, Value }))
    const found = await describe(connection, name)
    if (found === undefined) await create(connection, name, tags)
    const ready = await waitFor(connection, name, (status) => status === 'ACTIVE' || status === 'UPDATING')
    if (found !== undefined && tags.length > 0) await tag(connection, ready, tags, logger)
  })
}

/** Drops tables and waits until they are gone, so that they can be made anew at once. */
export async function dropTables(connection: DynamodbConnection, change: TableChange, logger: Logger): Promise<void> {
  const names = droppedNames(change, (table) => tableName(connection.config.tableNameTemplate, table))
  await inParallel(names, changesAtOnce, async (name) => {
    try {
      await connection.request((send, sdk) => send(new sdk.DeleteTableCommand({ TableName: name })), undefined, [
        missing,
        inUse,
        denied,
      ])
    } catch (error) {
      if (isNamed(error, missing)) return
      if (isNamed(error, denied)) {
        logger.warn(`The table ${name} stays: the permission to delete it is missing.`, { table: name })
        return
      }
      // Someone else makes or deletes it just now; what comes of it is waited for.
      if (!isNamed(error, inUse)) throw error
    }
    await waitFor(connection, name, (status) => status === undefined)
  })
}

async function describe(connection: DynamodbConnection, name: string): Promise<TableDescription | undefined> {
  try {
    const answer = await connection.request(
      (send, sdk) => send(new sdk.DescribeTableCommand({ TableName: name })),
      undefined,
      [missing],
    )
    return answer.Table
  } catch (error) {
    if (isNamed(error, missing)) return undefined
    throw error
  }
}

async function create(connection: DynamodbConnection, name: string, tags: Tag[]): Promise<void> {
  try {
    await connection.request(
      (send, sdk) =>
        send(
          new sdk.CreateTableCommand({
            TableName: name,
            KeySchema: [{ AttributeName: 'entity_id', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'entity_id', AttributeType: 'S' }],
            BillingMode: 'PAY_PER_REQUEST',
            // Even an empty list asks for a permission of its own.
            ...(tags.length > 0 && { Tags: tags }),
          }),
        ),
      undefined,
      [inUse],
    )
  } catch (error) {
    // Another process made it in between.
    if (!isNamed(error, inUse)) throw error
  }
}

async function waitFor(
  connection: DynamodbConnection,
  name: string,
  done: (status: string | undefined) => boolean,
): Promise<TableDescription | undefined> {
  const start = performance.now()
  for (let delay = 50; ; delay = Math.min(2000, delay * 1.5)) {
    const table = await describe(connection, name)
    if (done(table?.TableStatus)) return table
    if (performance.now() - start > deadlineMs) {
      throw timedOut(connection.server, `the change of the table ${name}`, deadlineMs / 1000)
    }
    await sleep(delay)
  }
}

/** Sets what is configured. Other tags stay, as whoever set them may need them; Feast removes them. */
async function tag(
  connection: DynamodbConnection,
  table: TableDescription | undefined,
  tags: readonly Tag[],
  logger: Logger,
): Promise<void> {
  const arn = table?.TableArn
  if (arn === undefined) return
  try {
    const { Tags: present = [] } = await connection.request(
      (send, sdk) => send(new sdk.ListTagsOfResourceCommand({ ResourceArn: arn })),
      undefined,
      [denied, unknown],
    )
    const has = ({ Key, Value }: Tag): boolean => present.some((each) => each.Key === Key && each.Value === Value)
    const changed = tags.filter((each) => !has(each))
    if (changed.length === 0) return
    await connection.request(
      (send, sdk) => send(new sdk.TagResourceCommand({ ResourceArn: arn, Tags: changed })),
      undefined,
      [denied, unknown],
    )
  } catch (error) {
    if (!isNamed(error, denied) && !isNamed(error, unknown)) throw error
    logger.warn(`The tags of the table ${table?.TableName} stay as they are: changing them is not permitted.`)
  }
}
