import type { Client as PostgresClient } from 'pg'
import { postgresServer } from '../../services/postgres.ts'
import { listOf } from '../golden-json.ts'
import { dumpOf, type GoldenTable, loginOf, sqlGolden } from './sql-golden.ts'
import type { GoldenServer, StoreDump } from './store-golden.ts'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Goldens of PostgreSQL, in the schema that they were recorded in: columns, indexes and every byte of every row. */
export const postgresGolden = sqlGolden<PostgresClient>({
  service: 'postgres',
  names: { key: 'entity_key_hex', event: 'event_ts_utc', created: 'created_ts_utc' },
  start: postgresServer,
  connect,
  tableNames,
  loadTable,
  dumpTable,
  dropTable: (client, name) => client.query(`DROP TABLE public.${quoted(name)}`),
  recordedTable,
})

async function connect(server: GoldenServer): Promise<AsyncDisposable & { readonly client: PostgresClient }> {
  const { Client } = (await import('pg')).default
  const client = new Client({ ...loginOf(server), options: '-c TimeZone=UTC' })
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

function recordedTable({ name, content, rows }: GoldenTable): StoreDump {
  const cells = rows.map(
    ({ key, feature, value, event, created, content: row }) =>
      [
        name,
        key,
        feature,
        [Buffer.from(value).toString('hex'), row.value_text, row.vector_value, event, created],
      ] as const,
  )
  const indexes = listOf(content.indexes)
    .map(listOf)
    .map(([index, definition]) => [`${name} index ${String(index)}`, String(definition)] as const)
  return new Map([[`${name} columns`, JSON.stringify(content.columns)], ...indexes, ...dumpOf(cells)])
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
