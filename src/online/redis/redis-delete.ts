import { createHash } from 'node:crypto'
import type { OnlineTable } from '../../plugin/online-store.ts'
import { entityKeyPrefix } from '../../types/entity-key.ts'
import { scanKeys } from './key-scan.ts'
import type { RedisConfig } from './redis-config.ts'
import type { RedisConnection } from './redis-driver.ts'
import { isScriptForbidden, ServerRefusal } from './redis-errors.ts'
import { eventField, eventFieldPrefix, featureField, isKeyOf, keyPattern, projectSuffix } from './redis-layout.ts'
import type { RedisNode } from './redis-node.ts'
import type { RedisTopology } from './redis-topology.ts'

/** Keys whose fields are deleted in one go. */
const keysPerDeletion = 200

/**
 * Takes the fields of views out of a hash, and the hash itself when no view is left in it: what it still has then are
 * features that its views once had. All at once, so that a view which is written meanwhile is not lost.
 */
const deleteScript = `
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return 0 end
local deleted = 0
for first = 1, #ARGV, 1000 do
  deleted = deleted + redis.call('HDEL', KEYS[1], unpack(ARGV, first, math.min(first + 999, #ARGV)))
end
if deleted == 0 then return 0 end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, ${eventFieldPrefix.length}) == '${eventFieldPrefix}' then return 1 end
end
redis.call('UNLINK', KEYS[1])
return 1
`

/** Views of one project that have the same join keys, and so share hashes. */
interface Sharing {
  readonly project: Uint8Array
  readonly prefix: Uint8Array
  readonly keyCount: number
  /** What is to be deleted: fields of features and of event times. */
  readonly fields: readonly Uint8Array[]
}

/**
 * Deletes the values of views. Every key that a scan brings up is taken apart before it is touched, as patterns also
 * match keys of projects whose names end alike.
 */
export async function deleteTables(
  topology: RedisTopology,
  config: RedisConfig,
  dropped: readonly OnlineTable[],
  kept: readonly OnlineTable[],
): Promise<void> {
  await topology.discover()
  for (const tables of groupBy(dropped, (table) => table.project)) {
    const byJoinKeys = groupBy(tables, (table) => JSON.stringify(table.joinKeys))
    const sharings = byJoinKeys.map((group) => sharingOf(group, kept, config)).filter(({ fields }) => fields.length > 0)
    const joinKeys = byJoinKeys.length === 1 ? (tables[0]?.joinKeys ?? null) : null
    const pattern = keyPattern(joinKeys, tables[0]?.project ?? '', config.keyVersion)
    for (const node of topology.masters()) await deleteOn(node, pattern, sharings)
  }
}

function sharingOf(tables: readonly OnlineTable[], kept: readonly OnlineTable[], config: RedisConfig): Sharing {
  const { project = '', joinKeys = [] } = tables[0] ?? {}
  // Two features may have the same field, as it is a hash of 32 bits; the one that stays must not lose its values.
  const keptFields = new Set(
    kept
      .filter((table) => table.project === project)
      .flatMap(fieldsOf)
      .map(textOf),
  )
  return {
    project: projectSuffix(project),
    prefix: entityKeyPrefix(joinKeys, config.keyVersion),
    keyCount: joinKeys.length,
    fields: tables.flatMap(fieldsOf).filter((field) => !keptFields.has(textOf(field))),
  }
}

const fieldsOf = (table: OnlineTable): readonly Uint8Array[] => [
  eventField(table),
  ...table.features.map((feature) => featureField(table, feature.name)),
]

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return [...groups.values()]
}

async function deleteOn(node: RedisNode, pattern: Uint8Array, sharings: readonly Sharing[]): Promise<void> {
  const connection = await node.connect()
  for await (const keys of scanKeys(connection, pattern)) {
    for (const sharing of sharings) {
      const own = keys.filter((key) => isKeyOf(key, sharing.prefix, sharing.keyCount, sharing.project))
      for (let start = 0; start < own.length; start += keysPerDeletion) {
        await deleteFields(connection, own.slice(start, start + keysPerDeletion), sharing.fields)
      }
    }
  }
}

async function deleteFields(
  connection: RedisConnection,
  keys: readonly Buffer[],
  fields: readonly Uint8Array[],
): Promise<void> {
  try {
    for (const key of keys) connection.writer.command(['EVALSHA', deleteScriptHash, '1', key, ...fields])
    await connection.replies(keys.length)
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error
    const isUnknown = error.kind === 'NOSCRIPT'
    if (!isUnknown && !isScriptForbidden(error)) throw error
    if (isUnknown) {
      await connection.command(['SCRIPT', 'LOAD', deleteScript])
      await deleteFields(connection, keys, fields)
      return
    }
    // Without scripts features that a view once had stay behind; their hash goes with its last field.
    for (const key of keys) connection.writer.command(['HDEL', key, ...fields])
    await connection.replies(keys.length)
  }
}

const deleteScriptHash = createHash('sha1').update(deleteScript).digest('hex')
