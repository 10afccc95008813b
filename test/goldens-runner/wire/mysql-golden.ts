import type { Connection } from 'mysql2/promise'
import { mariadbServer } from '../../services/mariadb.ts'
import { dumpOf, type GoldenTable, loginOf, sqlGolden } from './sql-golden.ts'
import type { GoldenServer, StoreDump } from './store-golden.ts'

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** Goldens of MySQL, recorded on MariaDB with its defaults: the server's own DDL and every byte of every row. */
export const mysqlGolden = sqlGolden<Connection>({
  service: 'mariadb',
  names: { key: 'entity_key_text', event: 'event_ts', created: 'created_ts' },
  start: mariadbServer,
  connect,
  tableNames,
  loadTable,
  dumpTable,
  dropTable: (client, name) => client.query(`DROP TABLE ${quoted(name)}`),
  recordedTable,
})

async function connect(server: GoldenServer): Promise<AsyncDisposable & { readonly client: Connection }> {
  const { createConnection } = await import('mysql2/promise')
  const client = await createConnection({
    ...loginOf(server),
    dateStrings: true,
    rowsAsArray: true,
  })
  await client.query("SET SESSION time_zone = '+00:00'")
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

function recordedTable({ name, content, rows }: GoldenTable): StoreDump {
  const cells = rows.map(
    ({ key, feature, value, event, created }) =>
      [name, key, feature, [Buffer.from(value).toString('hex'), event, created]] as const,
  )
  return new Map([[`${name} definition`, String(content.ddl_reported)], ...dumpOf(cells)])
}

async function loadTable(client: Connection, { name, content, rows }: GoldenTable): Promise<void> {
  await client.query(String(content.ddl_reported))
  for (const { key, feature, value, event, created } of rows) {
    await client.execute(
      `INSERT INTO ${quoted(name)} (entity_key, feature_name, value, event_ts, created_ts) VALUES (?, ?, ?, ?, ?)`,
      [key, feature, Buffer.from(value), event, created],
    )
  }
}

async function tableNames(client: Connection): Promise<readonly string[]> {
  const [rows] = await client.query('SHOW TABLES')
  return (rows as readonly (readonly unknown[])[]).map(([name]) => String(name))
}

async function dumpTable(client: Connection, table: string): Promise<StoreDump> {
  const [[definition]] = (await client.query(`SHOW CREATE TABLE ${quoted(table)}`)) as unknown as [unknown[][]]
  const [rows] = await client.query(
    `SELECT entity_key, feature_name, lower(hex(value)), event_ts, created_ts FROM ${quoted(table)}`,
  )
  const cells = rows as readonly (readonly unknown[])[]
  return new Map([
    [`${table} definition`, String(definition?.[1])],
    ...dumpOf(cells.map(([key, feature, ...rest]) => [table, String(key), String(feature), rest] as const)),
  ])
}
