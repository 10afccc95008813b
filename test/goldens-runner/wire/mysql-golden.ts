import type { Connection } from 'mysql2/promise'
import { type MariadbService, mariadbServer } from '../../services/mariadb.ts'
import { missingFor } from '../../services/programs.ts'
import { type CellNames, dumpOf, type GoldenTable, rowsOf, tablesOf } from './sql-golden.ts'
import type { GoldenServer, StoreDump, StoreGolden } from './store-golden.ts'

const names: CellNames = { key: 'entity_key_text', event: 'event_ts', created: 'created_ts' }

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** Goldens of MySQL, recorded on MariaDB with its defaults: the server's own DDL and every byte of every row. */
export const mysqlGolden: StoreGolden = {
  async start() {
    return missingFor('mariadb') === undefined ? goldenServer(await mariadbServer()) : undefined
  },

  states(golden, { project }) {
    const tables = tablesOf(golden, names)
    return [{ name: '', options: {}, content: golden, recorded: recordedDump(tables), rows: rowsOf(tables, project) }]
  },

  async load(state, server) {
    await using connection = await connect(server)
    for (const { name, content, rows } of tablesOf(state.content, names)) {
      await connection.client.query(String(content.ddl_reported))
      for (const { key, feature, value, event, created } of rows) {
        await connection.client.execute(
          `INSERT INTO ${quoted(name)} (entity_key, feature_name, value, event_ts, created_ts) VALUES (?, ?, ?, ?, ?)`,
          [key, feature, Buffer.from(value), event, created],
        )
      }
    }
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
    for (const table of await tableNames(connection.client))
      await connection.client.query(`DROP TABLE ${quoted(table)}`)
  },
}

function goldenServer(service: MariadbService): GoldenServer {
  const { host, port, user, password, database } = service
  return {
    onlineStore: { type: 'mysql', host, port, user, password, database },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  }
}

async function connect(server: GoldenServer): Promise<AsyncDisposable & { readonly client: Connection }> {
  const { createConnection } = await import('mysql2/promise')
  const { host, port, user, password, database } = server.onlineStore
  const client = await createConnection({
    host: String(host),
    port: Number(port),
    user: String(user),
    password: String(password),
    database: String(database),
    dateStrings: true,
    rowsAsArray: true,
  })
  await client.query("SET SESSION time_zone = '+00:00'")
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

function recordedDump(tables: readonly GoldenTable[]): StoreDump {
  const cells = tables.flatMap(({ name, rows }) =>
    rows.map(
      ({ key, feature, value, event, created }) =>
        [name, key, feature, [Buffer.from(value).toString('hex'), event, created]] as const,
    ),
  )
  return new Map([
    ...tables.map(({ name, content }) => [`${name} definition`, String(content.ddl_reported)] as const),
    ...dumpOf(cells),
  ])
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
