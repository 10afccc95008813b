import type { Client as PostgresClient } from 'pg'
import { type PostgresService, postgresServer } from '../../services/postgres.ts'
import { missingFor } from '../../services/programs.ts'
import { listOf } from '../golden-json.ts'
import { type CellNames, dumpOf, type GoldenTable, rowsOf, tablesOf } from './sql-golden.ts'
import type { GoldenServer, StoreDump, StoreGolden } from './store-golden.ts'

const names: CellNames = { key: 'entity_key_hex', event: 'event_ts_utc', created: 'created_ts_utc' }

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Goldens of PostgreSQL, in the schema that they were recorded in: columns, indexes and every byte of every row. */
export const postgresGolden: StoreGolden = {
  async start() {
    return missingFor('postgres') === undefined ? goldenServer(await postgresServer()) : undefined
  },

  states(golden, { project }) {
    const tables = tablesOf(golden, names)
    return [{ name: '', options: {}, content: golden, recorded: recordedDump(tables), rows: rowsOf(tables, project) }]
  },

  async load(state, server) {
    await using connection = await connect(server)
    for (const table of tablesOf(state.content, names)) await loadTable(connection.client, table)
  },

  async dump(_state, server) {
    await using connection = await connect(server)
    const dump = new Map<string, string>()
    for (const table of await tableNames(connection.client)) {
      for (const [name, text] of await dumpTable(connection.client, table)) dump.set(name, text)
    }
    return dump
  },

  async clear(_state, server) {
    await using connection = await connect(server)
    for (const table of await tableNames(connection.client)) {
      await connection.client.query(`DROP TABLE public.${quoted(table)}`)
    }
  },
}

function goldenServer(service: PostgresService): GoldenServer {
  const { host, port, user, password, database } = service
  return {
    onlineStore: { type: 'postgres', host, port, user, password, database, sslmode: 'disable' },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  }
}

async function connect(server: GoldenServer): Promise<AsyncDisposable & { readonly client: PostgresClient }> {
  const { Client } = (await import('pg')).default
  const { host, port, user, password, database } = server.onlineStore
  const client = new Client({
    host: String(host),
    port: Number(port),
    user: String(user),
    password: String(password),
    database: String(database),
    options: '-c TimeZone=UTC',
  })
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

function recordedDump(tables: readonly GoldenTable[]): StoreDump {
  const cells = tables.flatMap(({ name, rows }) =>
    rows.map(
      ({ key, feature, value, event, created, content }) =>
        [
          name,
          key,
          feature,
          [Buffer.from(value).toString('hex'), content.value_text, content.vector_value, event, created],
        ] as const,
    ),
  )
  const shapes = tables.flatMap(({ name, content }) => [
    [`${name} columns`, JSON.stringify(content.columns)] as const,
    ...listOf(content.indexes)
      .map(listOf)
      .map(([index, definition]) => [`${name} index ${String(index)}`, String(definition)] as const),
  ])
  return new Map([...shapes, ...dumpOf(cells)])
}

async function tableNames(client: PostgresClient): Promise<readonly string[]> {
  const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
  return rows.map((row) => String(row.tablename))
}

async function dumpTable(client: PostgresClient, table: string): Promise<StoreDump> {
  const columns = await client.query({
    text: `SELECT column_name, data_type, is_nullable FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position`,
    values: [table],
    rowMode: 'array',
  })
  const indexes = await client.query(
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = $1",
    [table],
  )
  // Text of a time leaves out a fraction of zero, as Python's does, but cuts zeros at the end of others.
  const time = (column: string): string =>
    `to_char(${column}, CASE WHEN extract(microseconds FROM ${column})::int % 1000000 = 0
      THEN 'YYYY-MM-DD HH24:MI:SS' ELSE 'YYYY-MM-DD HH24:MI:SS.US' END)`
  const cells = await client.query({
    text: `SELECT encode(entity_key, 'hex'), feature_name, encode(value, 'hex'), value_text, encode(vector_value, 'hex'),
      ${time('event_ts')}, ${time('created_ts')} FROM public.${quoted(table)}`,
    rowMode: 'array',
  })
  return new Map([
    [`${table} columns`, JSON.stringify(columns.rows)],
    ...indexes.rows.map((row) => [`${table} index ${row.indexname}`, String(row.indexdef)] as const),
    ...dumpOf(cells.rows.map(([key, feature, ...rest]) => [table, String(key), String(feature), rest] as const)),
  ])
}

async function loadTable(client: PostgresClient, { name, content, rows }: GoldenTable): Promise<void> {
  const columns = listOf(content.columns)
    .map(listOf)
    .map(([column, type]) => `${quoted(String(column))} ${String(type)}`)
  await client.query(
    `CREATE TABLE public.${quoted(name)} (${columns.join(', ')}, PRIMARY KEY (entity_key, feature_name))`,
  )
  for (const [index, definition] of listOf(content.indexes).map(listOf)) {
    if (!String(index).endsWith('_pkey')) await client.query(String(definition))
  }
  for (const { key, feature, value, event, created, content: row } of rows) {
    await client.query(
      `INSERT INTO public.${quoted(name)} (entity_key, feature_name, value, value_text, event_ts, created_ts)
        VALUES (decode($1, 'hex'), $2, $3, $4, $5, $6)`,
      [key, feature, Buffer.from(value), row.value_text, `${event}+00`, created === null ? null : `${created}+00`],
    )
  }
}
