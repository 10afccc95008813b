import { parseConnectionString, redisConfig } from '../../../src/online/redis/redis-config.ts'
import { RedisConnection } from '../../../src/online/redis/redis-driver.ts'
import type { RedisReply } from '../../../src/online/redis/reply-reader.ts'
import { testStoreOptions } from '../../../src/testing/store-options.ts'
import { missingFor } from '../../services/programs.ts'
import { redisServer } from '../../services/redis.ts'
import { type GoldenValue, type JsonObject, listOf, objectOf } from '../golden-json.ts'
import type { GoldenRow, GoldenServer, GoldenState, StoreGolden } from './store-golden.ts'

/** `redis.json`: sections of hashes with their fields, one of them made with a key ttl. */
export const redisGolden: StoreGolden = {
  async start() {
    if (missingFor('redis') !== undefined) return undefined
    const server = await redisServer()
    const onlineStore = { type: 'redis', connection_string: `${server.host}:${server.port}` }
    return { onlineStore, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  },

  states(golden) {
    return Object.entries(objectOf(golden)).map(([name, section]): GoldenState => {
      const { key_ttl_seconds: ttl, keys } = objectOf(section)
      const hashes = listOf(keys).map(objectOf)
      return {
        name,
        options: typeof ttl === 'number' ? { key_ttl_seconds: ttl } : {},
        content: section,
        recorded: new Map(hashes.flatMap(namesOfHash)),
        rows: hashes.flatMap(rowsOfHash),
      }
    })
  },

  async load(state, server) {
    await using connection = await connect(server)
    for (const hash of listOf(objectOf(state.content).keys).map(objectOf)) {
      const key = fromBase64(hash.key_b64)
      const pairs = fieldsOf(hash).flatMap((field) => [fromBase64(field.field_b64), fromBase64(field.value_b64)])
      await connection.command(['HSET', key, ...pairs])
      if (typeof hash.ttl_seconds_set === 'number') {
        await connection.command(['EXPIRE', key, String(hash.ttl_seconds_set)])
      }
    }
  },

  async dump(_state, server) {
    await using connection = await connect(server)
    const dump = new Map<string, string>()
    for (const key of buffersOf(await connection.command(['KEYS', '*']))) {
      const all = buffersOf(await connection.command(['HGETALL', key]))
      for (let i = 0; i < all.length; i += 2) {
        dump.set(`${hex(key)} ${hex(all[i] ?? noBytes)}`, (all[i + 1] ?? noBytes).toString('base64'))
      }
      const left = Number(await connection.command(['PTTL', key]))
      // Some of the time that was set has passed by now.
      dump.set(`${hex(key)} ttl`, left < 0 ? 'none' : `${Math.round(left / 60_000)} min`)
    }
    return dump
  },

  async clear(_state, server) {
    await using connection = await connect(server)
    await connection.command(['FLUSHALL'])
  },
}

const noBytes = Buffer.alloc(0)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fromBase64 = (text: GoldenValue | undefined): Buffer => Buffer.from(String(text ?? ''), 'base64')
const fieldsOf = (hash: JsonObject): readonly JsonObject[] => listOf(hash.fields).map(objectOf)

function buffersOf(reply: RedisReply): readonly Buffer[] {
  return Array.isArray(reply) ? reply.filter((element) => Buffer.isBuffer(element)) : []
}

function namesOfHash(hash: JsonObject): readonly (readonly [string, string])[] {
  const key = hex(fromBase64(hash.key_b64))
  const ttl = hash.ttl_seconds_set
  return [
    ...fieldsOf(hash).map(
      (field) => [`${key} ${hex(fromBase64(field.field_b64))}`, String(field.value_b64 ?? '')] as const,
    ),
    [`${key} ttl`, typeof ttl === 'number' ? `${Math.round(ttl / 60)} min` : 'none'],
  ]
}

/** The views of a hash: the features that the golden names, and the event time beside them. */
function rowsOfHash(hash: JsonObject): readonly GoldenRow[] {
  const key = fromBase64(hash.key_b64)
  const entityKey = new Uint8Array(key.subarray(0, key.length - Buffer.byteLength(String(hash.project_suffix))))
  const fields = fieldsOf(hash)
  return fields.flatMap((field): readonly GoldenRow[] => {
    const { field_text: text, decoded } = field
    if (typeof text !== 'string' || !text.startsWith('_ts:')) return []
    const view = text.slice('_ts:'.length)
    const values = fields.flatMap(({ feature, value_b64: value }) => {
      const name = String(feature ?? '')
      return name.startsWith(`${view}:`)
        ? [[name.slice(view.length + 1), new Uint8Array(fromBase64(value))] as const]
        : []
    })
    const { seconds = 0, nanos = 0 } = objectOf(decoded)
    const eventMicros = BigInt(String(seconds)) * 1_000_000n + BigInt(String(nanos)) / 1000n
    return [{ view, entityKey, values: new Map(values), eventMicros, createdMicros: null }]
  })
}

/** A connection of the driver alone, without anything that knows the layout. */
async function connect(server: GoldenServer): Promise<RedisConnection & AsyncDisposable> {
  const text = String(server.onlineStore.connection_string)
  const [address = { host: '127.0.0.1', port: 6379 }] = parseConnectionString(text).addresses
  const options = testStoreOptions({ type: 'redis', options: { connection_string: text } }, '/')
  const connection = await RedisConnection.open(address, redisConfig(options).connection)
  return Object.assign(connection, { [Symbol.asyncDispose]: async () => connection.close() })
}
