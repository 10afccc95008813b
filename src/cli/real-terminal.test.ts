import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../../bin/feast.mjs', import.meta.url))

/** Runs a program on a terminal of its own, types the answer when it is asked, and ends with its exit code. */
const onTerminal = `
import os, pty, sys
answer = sys.argv[1].encode()
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b""
asked = False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if not asked and b"[y/N] " in seen:
        asked = True
        os.write(terminal, answer + b"\\n")
sys.stdout.buffer.write(seen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

let folder = ''
let repo = ''

function feast(answer: string, ...args: readonly string[]): Promise<{ code: number; screen: string }> {
  // What would make Node think that the terminal has no colours.
  const { NO_COLOR: _noColor, FORCE_COLOR: _forceColor, CI: _ci, ...env } = process.env
  return new Promise((resolve) => {
    execFile(
      'python3',
      ['-c', onTerminal, answer, process.execPath, bin, ...args],
      { cwd: repo, env: { ...env, TERM: 'xterm-256color', XDG_CACHE_HOME: join(folder, '.cache') } },
      (error, stdout) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, screen: stdout }),
    )
  })
}

const unavailable = !hasPython()

beforeAll(async () => {
  if (unavailable) return
  folder = await mkdtemp(join(tmpdir(), 'feast-terminal-'))
  execFileSync(process.execPath, [bin, 'init', 'rides'], { cwd: folder })
  repo = join(folder, 'rides')
  execFileSync(process.execPath, [bin, 'apply'], {
    cwd: repo,
    env: { ...process.env, XDG_CACHE_HOME: join(folder, '.cache') },
  })
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test.skipIf(unavailable)('a terminal shows colours and a moving line, which is gone at the end', async () => {
  const { code, screen } = await feast('', 'materialize', '--disable-event-timestamp', '-v', 'driver_hourly_stats')
  expect(code).toBe(0)
  expect(screen).toContain('\r\x1b[K[1/1] driver_hourly_stats: 0 keys')
  expect(screen.split('\r\x1b[K').at(-1)).toMatch(/driver_hourly_stats.* from .*: 5 keys\r\n$/)
  expect(screen).toContain('\x1b[1m\x1b[32mdriver_hourly_stats')
})

test.skipIf(unavailable)('teardown asks on a terminal; anything but yes leaves all as it is', async () => {
  for (const answer of ['n', '', 'maybe']) {
    const { code, screen } = await feast(answer, 'teardown')
    expect(code, screen).toBe(1)
    expect(screen).toContain('Remove project rides from the registry, with its online values? [y/N] ')
    expect(screen).toContain('Nothing was removed.')
  }
  expect(existsSync(join(repo, 'data/online_store.db'))).toBe(true)
  const { code, screen } = await feast('yes', 'teardown')
  expect(code, screen).toBe(0)
  expect(screen).toContain('Dropped online values of driver_hourly_stats')
})
