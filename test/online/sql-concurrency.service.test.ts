import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { describeService } from '../services/describe-service.ts'
import { mariadbServer } from '../services/mariadb.ts'
import { postgresServer } from '../services/postgres.ts'
import type { SqlService } from '../services/service.ts'
import { keyOf, openOnlineStore, readEvents, rowsOf, tableOf } from './store-rows.ts'

const run = promisify(execFile)

/** @param keyLiteral how an entity key stands in SQL, given its bytes in hexadecimal. */
function describeWriters(service: () => SqlService, keyLiteral: (hex: string) => string): void {
  it('eight processes that write the same keys, each in its own order, leave the newest event of each', async () => {
    const [processes, keys, events] = [8, 60, 48]
    const table = tableOf('processes')
    await using closing = new AsyncDisposableStack()
    const store = closing.adopt(await openOnlineStore(service().onlineStore), (opened) => opened.close())
    await store.update({ keep: [table], drop: [] })
    const shuffled = Array.from({ length: events }, (_, index) => 1000 + ((index * 29) % events))
    const writers = Array.from({ length: processes }, (_, writer) => {
      const own = shuffled.filter((_, index) => index % processes === writer)
      const block = JSON.stringify(service().onlineStore)
      const script = join(import.meta.dirname, 'write-to-store.ts')
      return run(process.execPath, [script, block, table.view, String(keys), ...own.map(String)], {
        env: { ...process.env, TZ: writer % 2 === 0 ? 'America/New_York' : 'Asia/Tokyo' },
      })
    })
    await Promise.all(writers)
    expect(new Set(await readEvents(store, table, keys))).toEqual(new Set([1000 + events - 1]))
  }, 60_000)

  it('a key stays whole when writers know different features of a view', async () => {
    const [narrow, wide] = [tableOf('mixed'), tableOf('mixed', ['c', 'a', 'b'])]
    await using closing = new AsyncDisposableStack()
    const open = async (): ReturnType<typeof openOnlineStore> =>
      closing.adopt(await openOnlineStore(service().onlineStore), (opened) => opened.close())
    const stores = await Promise.all(Array.from({ length: 4 }, open))
    await stores[0]?.update({ keep: [wide], drop: [] })
    const totals = await Promise.all(
      stores.map(async (store, index) => {
        let written = 0
        for (let round = 1; round <= 30; round++) {
          const event = 1000 + ((round * 7 + index * 11) % 120)
          const summary = await store.write(rowsOf(index % 2 === 0 ? wide : narrow, 10, event))
          expect(summary.written + summary.stale).toBe(10)
          written += summary.written
        }
        return written
      }),
    )
    expect(totals.some((written) => written > 0)).toBe(true)
    const [store] = stores
    if (store === undefined) throw new Error('no store')
    // Every row of a key is of one event, or the narrow writers' event is the later one.
    const narrowEvents = await readEvents(store, narrow, 10)
    expect(new Set(narrowEvents).size).toBe(1)
    const onlyC = tableOf('mixed', ['c'])
    for (const [id, event] of (await readEvents(store, onlyC, 10)).entries()) {
      if (event !== null) expect(event).toBeLessThanOrEqual(narrowEvents[id] ?? 0)
    }
  })

  it('a batch that fails in its middle leaves nothing behind, in one statement or in many', async () => {
    const table = tableOf('halfway')
    await using closing = new AsyncDisposableStack()
    const store = closing.adopt(await openOnlineStore(service().onlineStore), (opened) => opened.close())
    await store.update({ keep: [table], drop: [] })
    for (const keyCount of [10, 40_000]) {
      const refused = Buffer.from(keyOf(keyCount / 2)).toString('hex')
      const check = `CONSTRAINT refuses_${keyCount} CHECK (entity_key <> ${keyLiteral(refused)})`
      await service().query(`ALTER TABLE faults_halfway ADD ${check}`)
      await expect(store.write(rowsOf(table, keyCount, 5))).rejects.toMatchObject({ code: 'FTS5018' })
      expect(new Set(await readEvents(store, table, keyCount))).toEqual(new Set([null]))
    }
  }, 60_000)

  it('a large batch is written whole, by several statements in one transaction', async () => {
    const table = tableOf('large')
    await using closing = new AsyncDisposableStack()
    const store = closing.adopt(await openOnlineStore(service().onlineStore), (opened) => opened.close())
    await store.update({ keep: [table], drop: [] })
    const keyCount = 30_000
    expect(await store.write(rowsOf(table, keyCount, 7))).toEqual({ written: keyCount, stale: 0 })
    expect(await store.write(rowsOf(table, 3, 6))).toEqual({ written: 0, stale: 3 })
    expect(new Set(await readEvents(store, table, keyCount))).toEqual(new Set([7]))
  }, 60_000)
}

describeService('postgres', postgresServer, (postgres) => describeWriters(postgres, (hex) => `'\\x${hex}'`))
describeService('mariadb', mariadbServer, (mariadb) => describeWriters(mariadb, (hex) => `'${hex}'`))
