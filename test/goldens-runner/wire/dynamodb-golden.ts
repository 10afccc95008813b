import type * as Sdk from '@aws-sdk/client-dynamodb'
import { Instant } from '../../../src/base/instant.ts'
import { murmur3x64of128 } from '../../../src/types/murmur3.ts'
import { dynamodbLocal } from '../../services/dynamodb.ts'
import { missingFor } from '../../services/programs.ts'
import { type GoldenValue, listOf, objectOf } from '../golden-json.ts'
import type { GoldenRow, GoldenServer, GoldenState, StoreDump, StoreGolden } from './store-golden.ts'

/** `dynamodb.json`: tables of items, as moto kept what Feast wrote. */
export const dynamodbGolden: StoreGolden = {
  start,
  states: (golden, { project, entityKeys }) => {
    const keys = new Map(entityKeys.map((key) => [Buffer.from(murmur3x64of128(key)).toString('hex'), key]))
    const tables = tablesOf(golden)
    return [
      {
        name: '',
        options: {},
        content: golden,
        recorded: new Map(tables.flatMap(({ name, items }) => items.map((item) => shown(name, item)))),
        rows: tables.flatMap(({ name, items }) =>
          items.map((item) => rowOf(name.slice(project.length + 1), item, keys)),
        ),
      },
    ]
  },
  load: async (state, server) => {
    for (const { name, items } of tablesOf(state.content)) {
      await send(server, (client, sdk) => client.send(new sdk.CreateTableCommand(tableNamed(name))))
      for (const item of items) {
        await send(server, (client, sdk) =>
          client.send(new sdk.PutItemCommand({ TableName: name, Item: itemOf(item) })),
        )
      }
    }
  },
  dump,
  clear: async (_, server) => {
    for (const name of await tableNames(server)) {
      await send(server, (client, sdk) => client.send(new sdk.DeleteTableCommand({ TableName: name })))
    }
  },
}

interface RecordedItem {
  readonly id: string
  readonly event: string
  readonly values: readonly (readonly [feature: string, value: Uint8Array])[]
}

function tablesOf(golden: GoldenValue): readonly { readonly name: string; readonly items: readonly RecordedItem[] }[] {
  return listOf(objectOf(golden).tables).map((each) => {
    const table = objectOf(each)
    return { name: String(table.table), items: listOf(table.items).map(recordedItem) }
  })
}

function recordedItem(written: GoldenValue): RecordedItem {
  const item = objectOf(written)
  const values = Object.entries(objectOf(objectOf(item.values).M)).map(([feature, value]) => {
    return [feature, Uint8Array.from(Buffer.from(String(objectOf(value).B_b64), 'base64'))] as const
  })
  return { id: String(objectOf(item.entity_id).S), event: String(objectOf(item.event_ts).S), values }
}

function rowOf(view: string, item: RecordedItem, keys: ReadonlyMap<string, Uint8Array>): GoldenRow {
  const entityKey = keys.get(item.id)
  if (entityKey === undefined) throw new Error(`no recorded entity key has the hash ${item.id}`)
  const event = Instant.parse(item.event)
  if (event === undefined) throw new Error(`"${item.event}" is not a time`)
  return { view, entityKey, values: new Map(item.values), eventMicros: event.epochMicros, createdMicros: null }
}

/** A recorded item in one text; the order of a map has no meaning. */
function shown(table: string, { id, event, values }: RecordedItem): readonly [name: string, content: string] {
  const features = values.map(([feature, value]) => `${feature}=B:${Buffer.from(value).toString('base64')}`).toSorted()
  return [`${table} ${id}`, [`event_ts=S:${event}`, ...features].join('\n')]
}

const tableNamed = (name: string): Sdk.CreateTableCommandInput => ({
  TableName: name,
  KeySchema: [{ AttributeName: 'entity_id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'entity_id', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
})

const itemOf = ({ id, event, values }: RecordedItem): Record<string, Sdk.AttributeValue> => ({
  entity_id: { S: id },
  event_ts: { S: event },
  values: { M: Object.fromEntries(values.map(([feature, value]) => [feature, { B: value }])) },
})

async function dump(_: GoldenState, server: GoldenServer): Promise<StoreDump> {
  const found = new Map<string, string>()
  for (const name of await tableNames(server)) {
    const { Items: items = [] } = await send(server, (client, sdk) =>
      client.send(new sdk.ScanCommand({ TableName: name })),
    )
    for (const { entity_id: id, event_ts: event, values, ...others } of items) {
      const features = Object.entries(values?.M ?? {}).map(([feature, value]) => `${feature}=${typed(value)}`)
      // Anything that Feast does not write would be a difference.
      const more = Object.entries(others).map(([attribute, value]) => `${attribute}: ${typed(value)}`)
      const lines = [`event_ts=${event && typed(event)}`, ...features.toSorted(), ...more]
      found.set(`${name} ${id?.S}`, lines.join('\n'))
    }
  }
  return found
}

function typed(value: Sdk.AttributeValue): string {
  if (value.B !== undefined) return `B:${Buffer.from(value.B).toString('base64')}`
  return value.S === undefined ? JSON.stringify(value) : `S:${value.S}`
}

async function tableNames(server: GoldenServer): Promise<readonly string[]> {
  const { TableNames: names = [] } = await send(server, (client, sdk) => client.send(new sdk.ListTablesCommand()))
  return names
}

async function send<Answer>(
  { onlineStore }: GoldenServer,
  request: (client: Sdk.DynamoDBClient, sdk: typeof Sdk) => Promise<Answer>,
): Promise<Answer> {
  const sdk = await import('@aws-sdk/client-dynamodb')
  const client = new sdk.DynamoDBClient({
    region: String(onlineStore.region),
    endpoint: String(onlineStore.endpoint_url),
  })
  try {
    return await request(client, sdk)
  } finally {
    client.destroy()
  }
}

async function start(): Promise<GoldenServer | undefined> {
  if (missingFor('dynamodb') !== undefined) return undefined
  // DynamoDB Local takes any.
  process.env.AWS_ACCESS_KEY_ID ??= 'local'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local'
  const service = await dynamodbLocal()
  return {
    onlineStore: { type: 'dynamodb', region: 'eu-west-1', endpoint_url: service.endpoint },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  }
}
