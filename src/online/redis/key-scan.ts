import type { RedisConnection } from './redis-driver.ts'

/** Keys that a server looks at in one step of a scan; it does nothing else meanwhile. */
const keysPerStep = 1000

/** The keys of one server that match a pattern, step by step. A key that is there all the time comes at least once. */
export async function* scanKeys(
  connection: RedisConnection,
  pattern: Uint8Array,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  let cursor = '0'
  do {
    const reply = await connection.command(['SCAN', cursor, 'MATCH', pattern, 'COUNT', String(keysPerStep)])
    const [next, found] = Array.isArray(reply) ? reply : []
    cursor = String(next)
    yield (Array.isArray(found) ? found : []).filter((key) => Buffer.isBuffer(key))
  } while (cursor !== '0')
}
