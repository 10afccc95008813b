import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)
const script = join(import.meta.dirname, 'main-job-elsewhere.ts')

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zone-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test.each([
  ['UTC', 0],
  ['Asia/Kolkata', -330],
  ['America/New_York', 300],
])(
  'the main job gives the same instants in a process in %s, and finds its files from any folder',
  async (zone, offset) => {
    const [repo, elsewhere] = [await temporaryFolder(), await temporaryFolder()]
    const options = { cwd: elsewhere, env: { ...process.env, TZ: zone, NODE_OPTIONS: '' } }
    const { stdout } = await run(process.execPath, [script, repo], options)
    const eleven = '2024-03-01T11:00:00Z'
    expect(JSON.parse(stdout)).toEqual({
      offsetMinutes: offset,
      history: [
        ['2024-03-01T10:59:59.999999Z', 10],
        [eleven, 12],
        [eleven, 12],
      ],
      saved: [['2024-03-01T12:00:00Z', 12]],
      again: 'FTS4014',
      materialized: [
        ['driver_stats', 2, eleven, eleven],
        ['driver_profile', 0, eleven, eleven],
      ],
      online: [
        [[12], [eleven]],
        [[99], ['2024-03-01T11:20:00Z']],
      ],
      pushed: ['2024-03-01T11:20:00Z'],
      parsed: eleven,
    })
    expect(await readdir(elsewhere)).toEqual([])
  },
  60_000,
)
