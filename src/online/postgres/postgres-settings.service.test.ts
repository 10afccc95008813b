import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { describeService } from '../../../test/services/describe-service.ts'
import { freePort } from '../../../test/services/free-port.ts'
import { postgresServer } from '../../../test/services/postgres.ts'
import { plainField } from '../../model/field.ts'
import type { OnlineStore, OnlineTable } from '../../plugin/online-store.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import * as t from '../../types/data-type.ts'
import { type DataType, float32, float64, int64, string } from '../../types/data-type.ts'
import type { FeatureValue } from '../../types/feature-value.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { openPostgresOnlineStore } from './postgres-online-store.ts'

type Block = Readonly<Record<string, unknown>>

/** Opens a store, does something with it and closes it. */
async function using<T>({ type: _type, ...options }: Block, work: (store: OnlineStore) => Promise<T>): Promise<T> {
  const store = await openPostgresOnlineStore(testStoreOptions({ type: 'postgres', options }, '/nowhere'))
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const ping = (block: Block): Promise<void> => using(block, (store) => store.ping())

function tableOf(view: string, features: Readonly<Record<string, DataType>> = { a: string }): OnlineTable {
  const fields = Object.entries(features).map(([name, type]) => plainField(name, type))
  return { project: 'p', view, version: null, joinKeys: ['id'], features: fields }
}

/** One row of a key of some bytes. */
function rowOf(
  table: OnlineTable,
  values: readonly FeatureValue[],
  key = new Uint8Array([1]),
): Parameters<OnlineStore['write']>[0] {
  return {
    table,
    entityKeys: [key],
    values: table.features.map(({ type }, index) => [encodeValue(values[index] ?? null, type)]),
    eventMicros: [1_000_000n],
    createdMicros: [null],
  }
}

const read = (store: OnlineStore, table: OnlineTable): ReturnType<OnlineStore['read']> =>
  store.read([{ table, features: table.features.map(({ name }) => name), entityKeys: [new Uint8Array([1])] }])

describeService('postgres', postgresServer, (postgres) => {
  it("a server without TLS is refused by Feast's default, and used when sslmode allows it", async () => {
    const { sslmode: _sslmode, ...block } = postgres().onlineStore
    const error = await ping(block).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'FTS5015', field: 'online_store.sslmode' })
    expect(error).toMatchObject({ hint: 'on a network that you trust, set `sslmode: disable`' })
    for (const sslmode of ['disable', 'allow', 'prefer', null]) await ping({ ...block, sslmode })
    await expect(ping({ ...block, sslmode: 'maybe' })).rejects.toMatchObject({ code: 'FTS1005' })
  })

  it('a wrong password, user or database is told from a server that is not there, and none shows the password', async () => {
    const block = postgres().onlineStore
    for (const wrong of [{ password: 'swordfish' }, { user: 'nobody-here' }, { database: 'nothing-here' }]) {
      const error = await ping({ ...block, ...wrong }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'FTS5015' })
      expect(JSON.stringify(error) + String(error)).not.toContain('swordfish')
    }
    await expect(ping({ ...block, port: await freePort() })).rejects.toMatchObject({ code: 'FTS5014', retryable: true })
    await expect(ping({ ...block, host: 'no-such-host.invalid' })).rejects.toMatchObject({ code: 'FTS5014' })
  })

  it('the schema is made when it is not there, and tables of other schemas are neither seen nor dropped', async () => {
    const table = tableOf('v')
    const block = { ...postgres().onlineStore, db_schema: 'My "own" schema' }
    await postgres().query('CREATE TABLE public.p_v (entity_key bytea)')
    await using(block, async (store) => {
      await expect(read(store, table)).rejects.toMatchObject({ code: 'FTS5010', hint: 'run `feast apply`' })
      await expect(store.write(rowOf(table, ['x']))).rejects.toMatchObject({ code: 'FTS5010' })
      await store.update({ keep: [table], drop: [] })
      await store.write(rowOf(table, ['x']))
      await store.teardown([table])
    })
    expect(await postgres().query('SELECT * FROM public.p_v')).toEqual([])
    const found = await postgres().query(
      `SELECT schema_owner FROM information_schema.schemata WHERE schema_name = 'My "own" schema'`,
    )
    expect(found).toEqual([{ schema_owner: postgres().user }])
  })

  it('a table that is kept is never dropped, whatever else is asked', async () => {
    const table = tableOf('kept')
    await using(postgres().onlineStore, async (store) => {
      await store.update({ keep: [table], drop: [] })
      await store.write(rowOf(table, ['x']))
      await store.update({ keep: [table], drop: [{ ...table, features: [] }] })
      const [cells] = await read(store, table)
      expect(cells?.eventSeconds[0]).toBe(1)
    })
  })

  it('rows written with feastOrder replace newer ones, and the last of a key in a batch stays', async () => {
    const table = tableOf('feast_order')
    await using(postgres().onlineStore, async (store) => {
      await store.update({ keep: [table], drop: [] })
      const row = rowOf(table, ['x'])
      const older = { ...row, eventMicros: [500_000n], feastOrder: true }
      await store.write(row)
      expect(await store.write(older)).toEqual({ written: 1, stale: 0 })
      const [cells] = await read(store, table)
      expect([cells?.eventSeconds[0], cells?.eventMicros[0]]).toEqual([0, 500_000])
    })
  })

  it('names longer than the server keeps are refused, unless the table is there already', async () => {
    const table = tableOf('x'.repeat(70))
    await using(postgres().onlineStore, async (store) => {
      await expect(store.update({ keep: [table], drop: [] })).rejects.toMatchObject({ code: 'FTS5017' })
      await postgres().query(`CREATE TABLE p_${'x'.repeat(70)} (entity_key BYTEA, feature_name TEXT, value BYTEA,
        value_text TEXT, vector_value BYTEA, event_ts TIMESTAMPTZ, created_ts TIMESTAMPTZ, PRIMARY KEY (entity_key, feature_name))`)
      await store.update({ keep: [table], drop: [] })
      expect(await store.write(rowOf(table, ['x']))).toEqual({ written: 1, stale: 0 })
      await store.teardown([table])
    })
  })

  it('a key that the index cannot hold is refused, and nothing of its batch is written', async () => {
    const table = tableOf('large_key')
    await using(postgres().onlineStore, async (store) => {
      await store.update({ keep: [table], drop: [] })
      // Random, as the server compresses what it can.
      const key = new Uint8Array(randomBytes(20_000))
      const [small, large] = [rowOf(table, ['x']), rowOf(table, ['y'], key)]
      const both = {
        ...small,
        entityKeys: [...small.entityKeys, ...large.entityKeys],
        values: small.values.map((column, index) => [...column, ...(large.values[index] ?? [])]),
        eventMicros: [...small.eventMicros, ...large.eventMicros],
        createdMicros: [null, null],
      }
      await expect(store.write(both)).rejects.toMatchObject({ code: 'FTS5017' })
      const [cells] = await read(store, table)
      expect(cells?.eventSeconds[0]).toBeNaN()
    })
  })

  it('numbers stand in value_num and lists of numbers in vector_value when the store is set so', async () => {
    // A stand-in for the type of pgvector, which takes the same text.
    await postgres().query('CREATE DOMAIN public.vector AS text')
    const table = tableOf('search', {
      n: int64,
      f: float64,
      s: string,
      v: t.array(float32),
      w: t.array(int64),
      e: t.array(string),
    })
    await using(
      { ...postgres().onlineStore, vector_enabled: true, enable_openai_compatible_store: true },
      async (store) => {
        await store.update({ keep: [table], drop: [] })
        await store.write(rowOf(table, [7n, 2.5, 'a\u0000b', [0.5, 1e20], [1n, -2n], ['x']]))
      },
    )
    const rows = await postgres().query(
      'SELECT feature_name AS f, value_text AS t, value_num AS n, vector_value AS v FROM p_search ORDER BY 1',
    )
    expect(rows).toEqual([
      { f: 'e', t: null, n: null, v: null },
      { f: 'f', t: '2.5', n: 2.5, v: null },
      { f: 'n', t: '7', n: 7, v: null },
      { f: 's', t: 'ab', n: null, v: null },
      { f: 'v', t: null, n: null, v: '[0.5, 1.0000000200408773e+20]' },
      { f: 'w', t: null, n: null, v: '[1, -2]' },
    ])
  })

  it('reads of more rows than one statement should answer are answered by several', async () => {
    const tables = ['many_a', 'many_b'].map((view) => tableOf(view))
    await using({ ...postgres().onlineStore, max_batched_result_rows: 0 }, async (store) => {
      await store.update({ keep: tables, drop: [] })
      for (const [index, table] of tables.entries()) await store.write(rowOf(table, [`view ${index}`]))
      const reads = tables.map((table) => ({ table, features: ['a'], entityKeys: [new Uint8Array([1])] }))
      const answers = await store.read(reads)
      expect(answers.map((cells) => Buffer.from(cells.bytes.subarray(2, cells.ends[0])).toString())).toEqual([
        'view 0',
        'view 1',
      ])
    })
  })

  it('times stay true whatever the time zone of the server is', async () => {
    const table = tableOf('zone')
    await postgres().query("ALTER ROLE feast SET timezone = 'Asia/Tokyo'")
    await using(postgres().onlineStore, async (store) => {
      await store.update({ keep: [table], drop: [] })
      await store.write(rowOf(table, ['x']))
    })
    expect(await postgres().query('SELECT extract(epoch FROM event_ts)::int AS seconds FROM p_zone')).toEqual([
      { seconds: 1 },
    ])
  })
})

describeService(
  'postgres',
  () => postgresServer({ tls: 'only' }),
  (postgres) => {
    it('TLS is used, and the certificate is checked as far as sslmode asks', async () => {
      const authority = postgres().certificates?.authority
      const block = postgres().onlineStore
      await ping({ ...block, sslmode: 'require' })
      await ping({ ...block, sslmode: 'prefer' })
      await ping({ ...block, sslmode: 'require', sslrootcert_path: authority })
      await ping({ ...block, sslmode: 'verify-ca', sslrootcert_path: authority })
      await ping({ ...block, sslmode: 'verify-full', sslrootcert_path: authority })
      await ping({ ...block, sslmode: 'verify-full', sslrootcert_path: authority, host: 'localhost' })
      await expect(ping({ ...block, sslmode: 'verify-ca' })).rejects.toMatchObject({ code: 'FTS5015' })
      await expect(ping({ ...block, sslmode: 'disable' })).rejects.toMatchObject({ code: 'FTS5015' })
      await expect(ping({ ...block, sslrootcert_path: '/nowhere.pem' })).rejects.toMatchObject({
        code: 'FTS1005',
        field: 'online_store.sslrootcert_path',
      })
    })

    it('a certificate for another name is refused by verify-full and taken by verify-ca', async () => {
      await using other = await postgresServer({ tls: 'only', certificateNames: 'DNS:db.example.com' })
      const block = { ...other.onlineStore, sslrootcert_path: other.certificates?.authority }
      await ping({ ...block, sslmode: 'verify-ca' })
      await expect(ping({ ...block, sslmode: 'verify-full' })).rejects.toMatchObject({ code: 'FTS5015' })
    })
  },
)
