import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('the demo goes from an empty folder to the best driver', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'feast-demo-test-'))
  try {
    const demo = fileURLToPath(new URL('../scripts/demo.ts', import.meta.url))
    const output = execFileSync(process.execPath, [demo, join(folder, 'story')], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: join(folder, '.cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const steps = ['init rides', 'plan', 'apply', 'get-online-features', 'materialize-incremental', 'serve']
    const positions = steps.map((step) => output.indexOf(`$ feast ${step}`))
    expect(positions.every((position) => position >= 0)).toBe(true)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    expect(output).toContain('400 rows')
    expect(output).toMatch(/"http":"http:\/\/127\.0\.0\.1:\d+"/)
    expect(output).toContain('SIGTERM: the server answered what was on its way, and ended.')
    expect(output.trimEnd().split('\n').at(-1)).toBe('Best driver: 1003')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
