import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { expect, it } from 'vitest'
import { CuttingProxy } from '../../../test/services/cutting-proxy.ts'
import { describeService } from '../../../test/services/describe-service.ts'
import { freePort } from '../../../test/services/free-port.ts'
import { mariadbServer } from '../../../test/services/mariadb.ts'
import { plainField } from '../../model/field.ts'
import { cellBytes } from '../../plugin/online-cells.ts'
import type { OnlineStore, OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { string } from '../../types/data-type.ts'
import { encodeValue } from '../../types/value-codec.ts'
import { openMysqlOnlineStore } from './mysql-online-store.ts'

type Block = Readonly<Record<string, unknown>>

/** Opens a store, does something with it and closes it. */
async function using<T>({ type: _type, ...options }: Block, work: (store: OnlineStore) => Promise<T>): Promise<T> {
  const store = await openMysqlOnlineStore(testStoreOptions({ type: 'mysql', options }, '/nowhere'))
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const ping = (block: Block): Promise<void> => using(block, (store) => store.ping())

function tableOf(view: string, features: readonly string[] = ['a']): OnlineTable {
  const fields = features.map((name) => plainField(name, string))
  return { project: 'p', view, version: null, joinKeys: ['id'], features: fields }
}

/** Rows of one feature `a` at second 10. */
function rowsOf(table: OnlineTable, rows: readonly (readonly [key: Uint8Array, value: string])[]): OnlineWrite {
  return {
    table,
    entityKeys: rows.map(([key]) => key),
    values: [rows.map(([, value]) => encodeValue(value, string))],
    eventMicros: rows.map(() => 10_000_000n),
    createdMicros: rows.map(() => null),
  }
}

const key = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes)

/** The text of feature `a`, undefined when nothing is stored. */
async function readText(
  store: OnlineStore,
  table: OnlineTable,
  of: Uint8Array,
  signal?: AbortSignal,
): Promise<unknown> {
  const [cells] = await store.read([{ table, features: ['a'], entityKeys: [of] }], signal)
  const bytes = cells === undefined ? null : cellBytes(cells, 0, 0)
  return bytes === null ? undefined : Buffer.from(bytes.subarray(2)).toString()
}

describeService('mariadb', mariadbServer, (mariadb) => {
  it('a wrong password, user or database is told from a server that is not there, and none shows the password', async () => {
    const block = mariadb().onlineStore
    for (const wrong of [{ password: 'swordfish' }, { user: 'nobody-here' }, { database: 'nothing_here' }]) {
      const error = await ping({ ...block, ...wrong }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'FTS5015' })
      expect(JSON.stringify(error) + String(error)).not.toContain('swordfish')
    }
    await expect(ping({ ...block, port: await freePort() })).rejects.toMatchObject({ code: 'FTS5014', retryable: true })
    await expect(ping({ ...block, host: 'no-such-host.invalid' })).rejects.toMatchObject({ code: 'FTS5014' })
  })

  it('a view that is not set up is told from one that is empty', async () => {
    const table = tableOf('not_there')
    await using(mariadb().onlineStore, async (store) => {
      await expect(readText(store, table, key(1))).rejects.toMatchObject({ code: 'FTS5010' })
      await expect(store.write(rowsOf(table, [[key(1), 'x']]))).rejects.toMatchObject({ code: 'FTS5010' })
      await store.update({ keep: [table], drop: [] })
      expect(await readText(store, table, key(1))).toBeUndefined()
    })
  })

  it('a key or time that the layout has no room for is refused before anything is written', async () => {
    const table = tableOf('unfit')
    await using(mariadb().onlineStore, async (store) => {
      await store.update({ keep: [table], drop: [] })
      const [longest, longer] = [new Uint8Array(256).fill(7), new Uint8Array(257).fill(7)]
      const both = rowsOf(table, [
        [key(1), 'x'],
        [longer, 'y'],
      ])
      await expect(store.write(both)).rejects.toMatchObject({
        code: 'FTS5017',
        message: expect.stringContaining('an entity key: it has 257 bytes, and 256 fit'),
      })
      const early = { ...rowsOf(table, [[key(1), 'x']]), eventMicros: [0n] }
      await expect(store.write(early)).rejects.toMatchObject({ code: 'FTS5017' })
      expect(await readText(store, table, key(1))).toBeUndefined()
      await store.write(rowsOf(table, [[longest, 'fits']]))
      expect(await readText(store, table, longest)).toBe('fits')
    })
  })

  it('views whose features or tables MySQL could not tell apart or name are refused when they are set up', async () => {
    await using(mariadb().onlineStore, async (store) => {
      for (const features of [
        ['a', 'A'],
        ['e', 'é'],
        ['a', 'a '],
      ]) {
        const update = store.update({ keep: [tableOf('alike', features)], drop: [] })
        await expect(update).rejects.toMatchObject({ code: 'FTS5017', hint: 'rename one of them' })
      }
      await expect(store.update({ keep: [tableOf('x'.repeat(60))], drop: [] })).rejects.toMatchObject({
        code: 'FTS5017',
      })
      await store.update({ keep: [tableOf('x'.repeat(59))], drop: [] })
    })
  })

  it('a table that is kept is never dropped, and one without the index of keys gets it', async () => {
    const table = tableOf('kept')
    await mariadb().query(
      'CREATE TABLE p_kept (entity_key VARCHAR(512), feature_name VARCHAR(256), value BLOB, event_ts timestamp NULL, created_ts timestamp NULL, PRIMARY KEY (entity_key, feature_name))',
    )
    await using(mariadb().onlineStore, async (store) => {
      await store.write(rowsOf(table, [[key(1), 'x']]))
      await store.update({ keep: [table], drop: [{ ...table, features: [] }] })
      expect(await readText(store, table, key(1))).toBe('x')
    })
    expect(await mariadb().query("SHOW INDEX FROM p_kept WHERE Key_name = 'p_kept_ek'")).toHaveLength(1)
  })

  it('rows written with feastOrder replace newer ones', async () => {
    const table = tableOf('feast_order')
    await using(mariadb().onlineStore, async (store) => {
      await store.update({ keep: [table], drop: [] })
      await store.write(rowsOf(table, [[key(1), 'newer']]))
      const older = { ...rowsOf(table, [[key(1), 'older']]), eventMicros: [5_000_000n] }
      expect(await store.write(older)).toEqual({ written: 0, stale: 1 })
      expect(await store.write({ ...older, feastOrder: true })).toEqual({ written: 1, stale: 0 })
      expect(await readText(store, table, key(1))).toBe('older')
    })
  })

  it('thousands of keys of two views are read at once, each as often as it was asked for', async () => {
    const tables = ['many_a', 'many_b'].map((view) => tableOf(view))
    const keys = Array.from({ length: 20_000 }, (_, index) => key(index >> 16, (index >> 8) & 255, index & 255))
    await using(mariadb().onlineStore, async (store) => {
      await store.update({ keep: tables, drop: [] })
      for (const table of tables) {
        await store.write(
          rowsOf(
            table,
            keys.slice(0, 3000).map((each, index) => [each, `${table.view} ${index}`]),
          ),
        )
      }
      const asked = [...keys, ...keys.slice(0, 10)]
      const answers = await store.read(tables.map((table) => ({ table, features: ['a'], entityKeys: asked })))
      for (const [index, cells] of answers.entries()) {
        const texts = asked.map((_, row) => {
          const bytes = cellBytes(cells, row, 0)
          return bytes === null ? null : Buffer.from(bytes.subarray(2)).toString()
        })
        const view = tables[index]?.view
        const wanted = keys.map((_, row) => (row < 3000 ? `${view} ${row}` : null))
        expect(texts).toEqual([...wanted, ...wanted.slice(0, 10)])
      }
    })
  })

  it('a server that is killed and started again gives clear errors meanwhile and then answers', async () => {
    const table = tableOf('restarted')
    await using(mariadb().onlineStore, async (store) => {
      await store.update({ keep: [table], drop: [] })
      await store.write(rowsOf(table, [[key(1), 'stays']]))
      await mariadb().kill()
      for (let attempt = 0; attempt < 3; attempt++) {
        await expect(readText(store, table, key(1))).rejects.toMatchObject({ code: 'FTS5014' })
      }
      await expect(store.write(rowsOf(table, [[key(1), 'lost']]))).rejects.toMatchObject({ code: 'FTS5014' })
      await mariadb().restart()
      expect(await readText(store, table, key(1))).toBe('stays')
      await store.write(rowsOf(table, [[key(1), 'new']]))
      expect(await readText(store, table, key(1))).toBe('new')
    })
  })

  it('an answer that is cut off anywhere is read again, or is an error, and never in part', async () => {
    const table = tableOf('cut')
    await using proxy = await CuttingProxy.start(mariadb())
    await using({ ...mariadb().onlineStore, port: proxy.port }, async (store) => {
      await store.update({ keep: [table], drop: [] })
      const value = 'whole '.repeat(200)
      await store.write(rowsOf(table, [[key(1), value]]))
      const whole = await readText(store, table, key(1))
      for (let bytes = 0; bytes < 2000; bytes += 97) {
        proxy.cutAfter(bytes)
        const text = await readText(store, table, key(1)).catch((error: unknown) => error)
        if (text instanceof Error) expect(text).toMatchObject({ code: 'FTS5014' })
        else expect(text).toBe(whole)
      }
    })
  })

  it('a read that is given up stops on the server too', async () => {
    const table = tableOf('blocked')
    await using(mariadb().onlineStore, async (store) => {
      await store.update({ keep: [table], drop: [] })
      const { host, port, user, password, database } = mariadb()
      const blocker = await createConnection({ host, port, user, password, database })
      await blocker.query('LOCK TABLES p_blocked WRITE')
      const started = performance.now()
      const read = readText(store, table, key(1), AbortSignal.timeout(200))
      await expect(read).rejects.toMatchObject({ name: 'TimeoutError' })
      expect(performance.now() - started).toBeLessThan(5000)
      const waiting = async (): Promise<boolean> => {
        const processes = await mariadb().query('SHOW FULL PROCESSLIST')
        return processes.some(({ Info: info }) => String(info).includes('UNIX_TIMESTAMP(event_ts)'))
      }
      while (await waiting()) await sleep(20)
      await blocker.end()
      expect(await readText(store, table, key(1))).toBeUndefined()
    })
  })
})
