import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { DynamodbTap } from '../../../test/online/dynamodb-tap.ts'
import { describeService } from '../../../test/services/describe-service.ts'
import { dynamodbLocal } from '../../../test/services/dynamodb.ts'
import { plainField } from '../../model/field.ts'
import { cellBytes, eventMicrosOf } from '../../plugin/online-cells.ts'
import type { OnlineStore, OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { bytes, string } from '../../types/data-type.ts'
import { serializeEntityKey } from '../../types/entity-key.ts'
import { decodeValue, encodeValue } from '../../types/value-codec.ts'
import { entityId, eventMicrosOfText } from './dynamodb-layout.ts'
import { openDynamodbOnlineStore } from './dynamodb-online-store.ts'

beforeAll(() => {
  process.env.AWS_ACCESS_KEY_ID = 'local'
  process.env.AWS_SECRET_ACCESS_KEY = 'local'
})

describeService('dynamodb', dynamodbLocal, (service) => {
  let tap: DynamodbTap
  let store: OnlineStore
  let count = 0

  const open = (options: Readonly<Record<string, unknown>> = {}): Promise<OnlineStore> => {
    const standard = { region: 'eu-west-1', endpoint_url: tap.endpoint, consistent_reads: true }
    return openDynamodbOnlineStore(testStoreOptions({ type: 'dynamodb', options: { ...standard, ...options } }, '.'))
  }

  const tableNamed = (name = 'goods', features = ['a', 'b'], project = 'shop'): OnlineTable => ({
    project,
    view: `${name}_${count}`,
    version: null,
    joinKeys: ['id'],
    features: features.map((feature) => plainField(feature, string)),
  })

  beforeEach(async () => {
    count++
    tap = await DynamodbTap.open(service().endpoint)
    store = await open()
  })
  afterEach(async () => {
    await store.close()
    await tap[Symbol.asyncDispose]()
  })

  const keyOf = (id: string): Uint8Array => serializeEntityKey(['id'], [{ kind: 'string', value: id }], 3)
  const micros = (time: string): bigint => eventMicrosOfText(time) ?? 0n

  const batch = (table: OnlineTable, ids: readonly string[], time: string, text = time): OnlineWrite => ({
    table,
    entityKeys: ids.map(keyOf),
    values: table.features.map(() => ids.map(() => encodeValue(text, string))),
    eventMicros: ids.map(() => micros(time)),
    createdMicros: ids.map(() => null),
  })

  const textsOf = async (table: OnlineTable, ids: readonly string[], from = store): Promise<readonly unknown[]> => {
    const [cells] = await from.read([{ table, features: ['a'], entityKeys: ids.map(keyOf) }])
    return ids.map((_, row) => {
      const found = cells && cellBytes(cells, row, 0)
      return found === null || found === undefined ? null : decodeValue(found)
    })
  }

  const direct = async <T>(use: (client: DynamoDBClient) => Promise<T>): Promise<T> => {
    const client = new DynamoDBClient({ region: 'eu-west-1', endpoint: service().endpoint })
    try {
      return await use(client)
    } finally {
      client.destroy()
    }
  }

  const noon = '2024-01-01 12:00:00+00:00'

  describe('reads', () => {
    it('all views of a request in one BatchGetItem, of the features that are asked for', async () => {
      const tables = ['u', 'v', 'w'].map((name) => tableNamed(name, ['a', 'b', 'c']))
      await store.update({ keep: tables, drop: [] })
      for (const table of tables) await store.write(batch(table, ['x', 'y'], noon, table.view))
      tap.operations()
      const answers = await store.read(
        tables.map((table) => ({ table, features: ['c', 'a'], entityKeys: ['y', 'x', 'none', 'y'].map(keyOf) })),
      )
      expect(answers.map((cells) => decodeValue(cellBytes(cells, 3, 1) ?? new Uint8Array(0)))).toEqual(
        tables.map((table) => table.view),
      )
      expect(answers.map((cells) => eventMicrosOf(cells, 2))).toEqual([null, null, null])
      const [request, ...more] = tap.requests
      expect(more).toEqual([])
      expect(request?.operation).toBe('BatchGetItem')
      const items = request?.body.RequestItems as Record<string, Record<string, unknown>>
      expect(Object.keys(items)).toEqual(tables.map((table) => `shop.${table.view}`))
      expect(Object.values(items)[0]).toEqual({
        ConsistentRead: true,
        Keys: ['y', 'x', 'none'].map((id) => ({ entity_id: { S: entityId(keyOf(id)) } })),
        ProjectionExpression: 'entity_id,event_ts,#v.#0,#v.#1',
        ExpressionAttributeNames: { '#v': 'values', '#0': 'c', '#1': 'a' },
      })
    })

    it('more keys than fit in as few requests as there can be', async () => {
      const table = tableNamed()
      await store.update({ keep: [table], drop: [] })
      const ids = Array.from({ length: 230 }, (_, index) => `k${index}`)
      await store.write(batch(table, ids, noon))
      tap.operations()
      expect(await textsOf(table, ids)).toEqual(ids.map(() => noon))
      expect(tap.operations()).toEqual(['BatchGetItem', 'BatchGetItem', 'BatchGetItem'])
      await using narrow = await disposable(open({ batch_size: 50, consistent_reads: false }))
      expect(await textsOf(table, ids, narrow.store)).toEqual(ids.map(() => noon))
      expect(tap.requests.length).toBe(5)
      expect(JSON.stringify(tap.requests)).not.toContain('ConsistentRead')
    })

    it('keys that the service left out again', async () => {
      const table = tableNamed()
      await store.update({ keep: [table], drop: [] })
      await store.write(batch(table, ['x', 'y', 'z'], noon))
      tap.operations()
      tap.intercept = async ({ operation, body }, forward) => {
        if (operation !== 'BatchGetItem') return undefined
        // As the service does it: one key is answered, the others are given back as they were asked for.
        const [[name, asked] = ['', { Keys: [] }]] = Object.entries(
          body.RequestItems as Record<string, { readonly Keys: readonly unknown[] }>,
        )
        const [first, ...left] = asked.Keys
        const answer = await forward({ ...body, RequestItems: { [name]: { ...asked, Keys: [first] } } })
        const unprocessed = left.length === 0 ? {} : { [name]: { ...asked, Keys: left } }
        return { ...answer, body: { ...answer.body, UnprocessedKeys: unprocessed } }
      }
      expect(await textsOf(table, ['x', 'y', 'z'])).toEqual([noon, noon, noon])
      expect(tap.operations()).toEqual(['BatchGetItem', 'BatchGetItem', 'BatchGetItem'])
    })
  })

  describe('writes', () => {
    it('items as Feast does, and nothing besides', async () => {
      const table = tableNamed()
      await store.update({ keep: [table], drop: [] })
      const [a, none] = [encodeValue('A', string), new Uint8Array(0)]
      await store.write({ ...batch(table, ['x'], '2024-01-01 12:00:00.250000+00:00'), values: [[a], [none]] })
      const { Items: items } = await direct((client) =>
        client.send(new ScanCommand({ TableName: `shop.${table.view}` })),
      )
      expect(items).toEqual([
        {
          entity_id: { S: entityId(keyOf('x')) },
          event_ts: { S: '2024-01-01 12:00:00.250000+00:00' },
          values: { M: { a: { B: a }, b: { B: none } } },
        },
      ])
    })

    it.each([
      ['2024-01-01 21:00:00+09:00', '2024-01-01 11:59:59.999999+00:00', '2024-01-01 12:00:00.000001+00:00'],
      ['2024-01-01 03:30:00.500000-08:30', '2024-01-01 12:00:00.499999+00:00', '2024-01-01 12:00:00.500000+00:00'],
    ])('rows by the instant of what Feast stored as %s', async (stored, older, newer) => {
      const table = tableNamed()
      await store.update({ keep: [table], drop: [] })
      const value = encodeValue('Feast', string)
      const item = {
        entity_id: { S: entityId(keyOf('x')) },
        event_ts: { S: stored },
        values: { M: { a: { B: value }, gone: { B: value } } },
      }
      await direct((client) => client.send(new PutItemCommand({ TableName: `shop.${table.view}`, Item: item })))
      expect(await store.write(batch(table, ['x'], older))).toEqual({ written: 0, stale: 1 })
      expect(await textsOf(table, ['x'])).toEqual(['Feast'])
      expect(await store.write(batch(table, ['x'], newer))).toEqual({ written: 1, stale: 0 })
      expect(await textsOf(table, ['x'])).toEqual([newer])
    })

    it('a row after comparing it with what another writer stored in between', async () => {
      const table = tableNamed()
      await store.update({ keep: [table], drop: [] })
      await using other = await disposable(open({ endpoint_url: service().endpoint }))
      for (const [time, left] of [
        ['2024-01-01 12:00:05+00:00', 'between'],
        ['2024-01-01 12:00:01+00:00', 'ours'],
      ] as const) {
        await store.teardown([table])
        await store.update({ keep: [table], drop: [] })
        let isFirst = true
        tap.intercept = async ({ operation }) => {
          if (operation === 'PutItem' && isFirst) {
            isFirst = false
            await other.store.write(batch(table, ['x'], time, 'between'))
          }
          return undefined
        }
        const written = left === 'ours' ? 1 : 0
        const summary = await store.write(batch(table, ['x'], '2024-01-01 12:00:03+00:00', 'ours'))
        expect(summary).toEqual({ written, stale: 1 - written })
        expect(await textsOf(table, ['x'])).toEqual([left])
      }
    })

    it('in the order of Feast 25 rows per request, and again those that the service left out', async () => {
      const table = tableNamed()
      await store.update({ keep: [table], drop: [] })
      const ids = Array.from({ length: 60 }, (_, index) => `k${index}`)
      tap.operations()
      let isFirst = true
      tap.intercept = async ({ operation, body }, forward) => {
        if (operation !== 'BatchWriteItem' || !isFirst) return undefined
        isFirst = false
        const [[name, asked] = ['', []]] = Object.entries(body.RequestItems as Record<string, readonly unknown[]>)
        const answer = await forward({ RequestItems: { [name]: asked.slice(0, 5) } })
        return { ...answer, body: { UnprocessedItems: { [name]: asked.slice(5) } } }
      }
      const rows = { ...batch(table, [...ids, 'k0'], noon), feastOrder: true }
      expect(await store.write(rows)).toEqual({ written: 60, stale: 0 })
      expect(tap.operations()).toEqual(Array.from({ length: 4 }, () => 'BatchWriteItem'))
      expect(await textsOf(table, ids)).toEqual(ids.map(() => noon))
    })

    it('nothing when a row is larger than an item can be', async () => {
      const table = { ...tableNamed(), features: [plainField('a', bytes)] }
      await store.update({ keep: [table], drop: [] })
      const large = encodeValue(new Uint8Array(409_600), bytes)
      const rows = { ...batch(table, ['x', 'y'], noon), values: [[encodeValue(null, bytes), large]] }
      await expect(store.write(rows)).rejects.toMatchObject({ code: 'FTS5017' })
      expect(await textsOf(table, ['x', 'y'])).toEqual([null, null])
      const fits = { ...rows, values: [[large.subarray(0, 409_400), large.subarray(0, 1)]] }
      expect(await store.write(fits)).toEqual({ written: 2, stale: 0 })
    })
  })

  describe('tables', () => {
    it('are paid by request and have the tags of the configuration and the view, if there are any', async () => {
      const [plain, tagged] = [tableNamed('plain'), { ...tableNamed('tagged'), tags: { team: 'view', only: 'here' } }]
      await using other = await disposable(open({ tags: { team: 'all', cost: '42' } }))
      await store.update({ keep: [plain], drop: [] })
      await other.store.update({ keep: [tagged], drop: [] })
      const created = tap.requests.filter(({ operation }) => operation === 'CreateTable').map(({ body }) => body)
      const shared = {
        KeySchema: [{ AttributeName: 'entity_id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'entity_id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }
      expect(created).toEqual([
        { TableName: `shop.${plain.view}`, ...shared },
        {
          TableName: `shop.${tagged.view}`,
          ...shared,
          Tags: [
            { Key: 'team', Value: 'view' },
            { Key: 'cost', Value: '42' },
            { Key: 'only', Value: 'here' },
          ],
        },
      ])
    })

    it('that are there are only given the tags that they lack, where that is permitted', async () => {
      const table = { ...tableNamed(), tags: { team: 'a', cost: '42' } }
      await store.update({ keep: [table], drop: [] })
      tap.operations()
      // DynamoDB Local has no tags: these two answers are the service's own, by its documentation.
      tap.intercept = async ({ operation }) => {
        if (operation === 'ListTagsOfResource') return { status: 200, body: { Tags: [{ Key: 'team', Value: 'a' }] } }
        return operation === 'TagResource' ? { status: 200, body: {} } : undefined
      }
      await store.update({ keep: [table], drop: [] })
      expect(tap.requests.at(-1)).toMatchObject({
        operation: 'TagResource',
        body: { Tags: [{ Key: 'cost', Value: '42' }] },
      })
      expect(tap.operations()).toEqual(['DescribeTable', 'DescribeTable', 'ListTagsOfResource', 'TagResource'])
      tap.intercept = async ({ operation }) =>
        operation === 'ListTagsOfResource' ? refusal('AccessDeniedException') : undefined
      await store.update({ keep: [table], drop: [] })
    })

    it('are named by the template, and only those of the named views are dropped', async () => {
      const [own, other] = [tableNamed('own'), tableNamed('own', ['a', 'b'], 'my_shop')]
      await using named = await disposable(open({ table_name_template: 'feast-{table_name}-{project}' }))
      await named.store.update({ keep: [own, other], drop: [] })
      tap.operations()
      await named.store.teardown([own])
      const dropped = tap.requests.filter(({ operation }) => operation === 'DeleteTable').map(({ body }) => body)
      expect(dropped).toEqual([{ TableName: `feast-${own.view}-shop` }])
      await named.store.write(batch(other, ['x'], noon))
      await expect(named.store.write(batch(own, ['x'], noon))).rejects.toMatchObject({ code: 'FTS5010' })
    })

    it('that may not be deleted stay', async () => {
      const table = tableNamed()
      await store.update({ keep: [table], drop: [] })
      tap.intercept = async ({ operation }) =>
        operation === 'DeleteTable' ? refusal('AccessDeniedException') : undefined
      await store.teardown([table])
      tap.intercept = async () => undefined
      await store.write(batch(table, ['x'], noon))
    })
  })

  describe('errors', () => {
    const once = { total_max_retry_attempts: 1 }

    it.each([
      ['ProvisionedThroughputExceededException', 'FTS5019'],
      ['UnrecognizedClientException', 'FTS5015'],
      ['ValidationException', 'FTS5018'],
    ])('%s is %s', async (name, code) => {
      await using other = await disposable(open(once))
      tap.intercept = async () => refusal(name)
      await expect(textsOf(tableNamed(), ['x'], other.store)).rejects.toMatchObject({ code })
    })

    it('a failure of the moment is tried again', async () => {
      const table = tableNamed()
      await store.update({ keep: [table], drop: [] })
      tap.operations()
      let failures = 0
      tap.intercept = async () =>
        failures++ < 2 ? { status: 500, body: { __type: 'InternalServerError' } } : undefined
      expect(await textsOf(table, ['x'])).toEqual([null])
      expect(tap.operations()).toEqual(['BatchGetItem', 'BatchGetItem', 'BatchGetItem'])
    })

    it('a server that is not there, and one that says nothing', async () => {
      await using absent = await disposable(open({ ...once, endpoint_url: 'http://127.0.0.1:1' }))
      await expect(absent.store.ping()).rejects.toMatchObject({ code: 'FTS5014' })
      await using silent = await disposable(open({ ...once, read_timeout: 0.2 }))
      tap.intercept = async () => 'silence'
      await expect(silent.store.ping()).rejects.toMatchObject({ code: 'FTS5016' })
    })

    it('a read that is given up ends at once', async () => {
      tap.intercept = async () => 'silence'
      const reason = new Error('the client went away')
      const controller = new AbortController()
      setTimeout(() => controller.abort(reason), 50)
      const read = store.read([{ table: tableNamed(), features: ['a'], entityKeys: [keyOf('x')] }], controller.signal)
      await expect(read).rejects.toBe(reason)
    })

    it('are found when the store is opened, where connections are to be warm by then', async () => {
      await using warm = await disposable(open({ warmup_connections: true }))
      expect(tap.operations()).toEqual(['ListTables'])
      await warm.store.ping()
      tap.intercept = async () => refusal('UnrecognizedClientException')
      await expect(open({ ...once, warmup_connections: true })).rejects.toMatchObject({ code: 'FTS5015' })
    })

    it('a ping needs no permission beyond those of serving', async () => {
      tap.intercept = async () => refusal('AccessDeniedException')
      await store.ping()
    })

    it('missing credentials', async () => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere')
      vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
      try {
        await using anonymous = await disposable(open(once))
        await expect(anonymous.store.ping()).rejects.toMatchObject({ code: 'FTS5015' })
      } finally {
        vi.unstubAllEnvs()
      }
    })
  })
})

const refusal = (name: string): { readonly status: number; readonly body: Readonly<Record<string, string>> } => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'refused by the test' },
})

async function disposable(opened: Promise<OnlineStore>): Promise<AsyncDisposable & { readonly store: OnlineStore }> {
  const store = await opened
  return { store, [Symbol.asyncDispose]: () => store.close() }
}
