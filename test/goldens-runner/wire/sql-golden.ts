import { Instant } from '../../../src/base/instant.ts'
import { missingFor, type ServiceName } from '../../services/programs.ts'
import { type GoldenValue, type JsonObject, listOf, objectOf } from '../golden-json.ts'
import type { GoldenRow, GoldenServer, StoreDump, StoreGolden } from './store-golden.ts'

/** What the goldens of SQL stores have in common: tables of rows, one per key and feature. */
export interface GoldenTable {
  readonly name: string
  readonly content: JsonObject
  readonly rows: readonly GoldenCell[]
}

/** One recorded row of a table. Times are texts as recorded, `YYYY-MM-DD HH:MM:SS[.ffffff]`, in UTC. */
export interface GoldenCell {
  readonly key: string
  readonly feature: string
  readonly value: Uint8Array
  readonly event: string
  readonly created: string | null
  readonly content: JsonObject
}

/** Under which names a file holds what every SQL store has. */
export interface CellNames {
  readonly key: string
  readonly event: string
  readonly created: string
}

/** What the goldens of one SQL store have for themselves. */
export interface SqlTables<Client> {
  readonly service: ServiceName
  readonly names: CellNames
  start(): Promise<GoldenServer>
  connect(server: GoldenServer): Promise<AsyncDisposable & { readonly client: Client }>
  tableNames(client: Client): Promise<readonly string[]>
  /** Makes a table as it was recorded, with its rows. */
  loadTable(client: Client, table: GoldenTable): Promise<void>
  dumpTable(client: Client, name: string): Promise<StoreDump>
  dropTable(client: Client, name: string): Promise<unknown>
  /** What `dumpTable` has to find. */
  recordedTable(table: GoldenTable): StoreDump
}

/** Goldens of a SQL store, table by table. */
export function sqlGolden<Client>(own: SqlTables<Client>): StoreGolden {
  return {
    async start() {
      return missingFor(own.service) === undefined ? own.start() : undefined
    },

    states(golden, { project }) {
      const tables = tablesOf(golden, own.names)
      const recorded = new Map(tables.flatMap((table) => [...own.recordedTable(table)]))
      return [{ name: '', options: {}, content: golden, recorded, rows: rowsOf(tables, project) }]
    },

    async load(state, server) {
      await using connection = await own.connect(server)
      for (const table of tablesOf(state.content, own.names)) await own.loadTable(connection.client, table)
    },

    async dump(_state, server) {
      await using connection = await own.connect(server)
      const dump = new Map<string, string>()
      for (const table of await own.tableNames(connection.client)) {
        for (const [name, text] of await own.dumpTable(connection.client, table)) dump.set(name, text)
      }
      return dump
    },

    async clear(_state, server) {
      await using connection = await own.connect(server)
      for (const table of await own.tableNames(connection.client)) await own.dropTable(connection.client, table)
    },
  }
}

/** How a client gets into a server. */
export function loginOf({ onlineStore }: GoldenServer) {
  const { host, port, user, password, database } = onlineStore
  return {
    host: String(host),
    port: Number(port),
    user: String(user),
    password: String(password),
    database: String(database),
  }
}

function tablesOf(golden: GoldenValue, names: CellNames): readonly GoldenTable[] {
  return listOf(objectOf(golden).tables)
    .map(objectOf)
    .map((table) => ({
      name: String(table.table),
      content: table,
      rows: listOf(table.rows)
        .map(objectOf)
        .map((row) => cellOf(row, names)),
    }))
}

function cellOf(row: JsonObject, names: CellNames): GoldenCell {
  const created = row[names.created]
  return {
    key: String(row[names.key]),
    feature: String(row.feature_name),
    value: Buffer.from(String(row.value_b64), 'base64'),
    event: String(row[names.event]),
    created: created === null || created === undefined ? null : String(created),
    content: row,
  }
}

/** The cells of each key, together. */
function rowsOf(tables: readonly GoldenTable[], project: string): readonly GoldenRow[] {
  return tables.flatMap((table) =>
    [...Map.groupBy(table.rows, (cell) => cell.key)].map(([key, cells]) => ({
      view: table.name.slice(project.length + 1),
      entityKey: new Uint8Array(Buffer.from(key, 'hex')),
      values: new Map(cells.map((cell) => [cell.feature, cell.value])),
      eventMicros: microsOf(cells[0]?.event ?? ''),
      createdMicros: cells[0]?.created == null ? null : microsOf(cells[0].created),
    })),
  )
}

function microsOf(text: string): bigint {
  const instant = Instant.parse(`${text.replace(' ', 'T')}Z`)
  if (instant === undefined || instant === null) throw new Error(`"${text}" is no time`)
  return instant.epochMicros
}

/** Every cell under the names of its table, key and feature. @param columns all columns as texts. */
export function dumpOf(
  cells: Iterable<readonly [table: string, key: string, feature: string, columns: unknown]>,
): StoreDump {
  const dump = new Map<string, string>()
  for (const [table, key, feature, columns] of cells) dump.set(`${table} ${key} ${feature}`, JSON.stringify(columns))
  return dump
}
