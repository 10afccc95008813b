import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RegistryContents } from '../../../src/model/registry-contents.ts'
import { registryFromBytes } from '../../../src/wire/registry.ts'
import { missingFor, type ServiceName } from '../../services/programs.ts'
import { type GoldenValue, type JsonObject, listOf, objectOf, readGoldenJson } from '../golden-json.ts'
import { NotInstalled } from '../outcome.ts'
import { dynamodbGolden } from './dynamodb-golden.ts'
import { mysqlGolden } from './mysql-golden.ts'
import { postgresGolden } from './postgres-golden.ts'
import { redisGolden } from './redis-golden.ts'
import type { GoldenServer, KnownRepository, StoreGolden } from './store-golden.ts'

/** How goldens of stores are loaded and dumped, by the store's name, which is that of its file. */
export const storeGoldens: Readonly<Record<string, StoreGolden>> = {
  redis: redisGolden,
  postgres: postgresGolden,
  mysql: mysqlGolden,
  dynamodb: dynamodbGolden,
}

/** The repository whose rows the goldens of stores hold, with its registry. */
export interface RecordedRepository extends KnownRepository {
  readonly contents: RegistryContents
}

/** Reads a recorded repository: its registry, and the entity keys that stand in its SQLite store. */
export function recordedRepository(folder: string): RecordedRepository {
  const contents = registryFromBytes(new Uint8Array(readFileSync(join(folder, 'data/registry.db'))))
  const { tables } = objectOf(readGoldenJson(join(folder, 'online_store.json')))
  const rows = Object.values(objectOf(tables)).flatMap((table) => listOf(table).map(objectOf))
  const keys = new Set(rows.map((row) => String(row.entity_key_hex)))
  const [project] = contents.projects
  return {
    project: project?.name ?? '',
    entityKeys: [...keys].map((hex) => new Uint8Array(Buffer.from(hex, 'hex'))),
    contents,
  }
}

/** A real server of a store. @throws NotInstalled */
export async function startServer(kind: string): Promise<GoldenServer> {
  const server = await storeGoldens[kind]?.start()
  if (server === undefined) throw new NotInstalled(missingFor(services[kind] ?? 'redis') ?? `${kind} is not installed`)
  return server
}

const services: Readonly<Record<string, ServiceName>> = {
  redis: 'redis',
  postgres: 'postgres',
  mysql: 'mariadb',
  dynamodb: 'dynamodb',
}

/** A real server that holds what stands in the golden of its store, beside the file of cases. */
export async function openRecordedStore(kind: string, path: string, folder: string): Promise<GoldenServer> {
  const file = join(dirname(path), `${kind}.json`)
  if (!existsSync(file)) throw new Error(`${file} is not there, which the cases start from`)
  const golden = storeGoldens[kind]
  const [state] = golden?.states(readGoldenJson(file), recordedRepository(folder)) ?? []
  if (golden === undefined || state === undefined) throw new Error(`a store of the kind ${kind} cannot be loaded`)
  const server = await startServer(kind)
  await golden.load(state, server)
  return server
}

/** The store that a file is a golden of, by the names in it; undefined when it is of none. */
export function storeOfFile(content: GoldenValue): string | undefined {
  return Object.keys(signs).find((kind) => signs[kind]?.(objectOf(content)))
}

const signs: Readonly<Record<string, (content: JsonObject) => boolean>> = {
  redis: (content) => Object.values(content).some((section) => objectOf(section).keys !== undefined),
  dynamodb: ({ tables }) => objectOf(listOf(tables)[0]).key_schema !== undefined,
  mysql: ({ tables }) => objectOf(listOf(tables)[0]).ddl_reported !== undefined,
  postgres: ({ tables }) => objectOf(listOf(tables)[0]).indexes !== undefined,
}
