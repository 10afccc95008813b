import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'

const run = promisify(execFile)
const script = join(import.meta.dirname, 'write-events.ts')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'feast-processes-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function rows(sql: string): unknown[] {
  const database = new DatabaseSync(join(folder, 'data/online.db'))
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

it('six processes that write the same keys in any order leave the newest event of each, and none of them fails', async () => {
  const [processes, keys, events] = [6, 200, 48]
  const shuffled = Array.from({ length: events }, (_, index) => 1000 + ((index * 29) % events))
  const writers = Array.from({ length: processes }, (_, writer) => {
    const own = shuffled.filter((_, index) => index % processes === writer)
    return run(process.execPath, [script, folder, String(keys), ...own.map(String)])
  })
  await Promise.all(writers)
  const newest = 1000 + events - 1
  expect(rows('SELECT count(*) AS n, min(event_ts) AS first, max(event_ts) AS last FROM processes_v')).toEqual([
    { n: keys * 2, first: newest, last: newest },
  ])
  const odd = `SELECT count(*) AS n FROM processes_v WHERE value_text NOT LIKE feature_name || ' of % at ${newest}'`
  expect(rows(odd)).toEqual([{ n: 0 }])
}, 60_000)

it.each(['America/New_York', 'Asia/Tokyo', 'UTC'])('event times are true UTC in a process in %s', async (zone) => {
  await run(process.execPath, [script, folder, '1', '1709294400'], { env: { ...process.env, TZ: zone } })
  expect(rows("SELECT DISTINCT event_ts, datetime(event_ts, 'unixepoch') AS utc FROM processes_v")).toEqual([
    { event_ts: 1_709_294_400, utc: '2024-03-01 12:00:00' },
  ])
})

it('opening the store prints no warning about an experimental module', async () => {
  const { stderr } = await run(process.execPath, [script, folder, '1', '5'], {
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  expect(stderr).toBe('')
})
