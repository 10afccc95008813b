/**
 * `npm run check`: everything that can be said of the code without running it. The checks run side by side; each prints
 * its own output only when it fails.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const checks: Readonly<Record<string, readonly string[]>> = {
  'format and lint': ['biome', 'ci', '--error-on-warnings', '.'],
  types: ['tsc', '-p', 'tsconfig.json'],
  'layer boundaries': ['node', 'tools/node_modules/.bin/depcruise', '--config', 'tools/dependency-rules.cjs', 'src'],
  'dead code': ['knip'],
  'file length': ['node', 'scripts/check-file-length.ts'],
  'generated files': ['node', 'scripts/generate.ts', '--check'],
}

async function run(command: readonly string[]): Promise<{ readonly ok: boolean; readonly output: string }> {
  const [program = '', ...args] = command
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, shell: process.platform === 'win32' })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => resolve({ ok: false, output: String(error) }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}

if (!existsSync(`${root}/tools/node_modules`)) {
  const installed = await run(['npm', 'ci', '--prefix', 'tools', '--no-audit', '--no-fund'])
  if (!installed.ok) throw new Error(installed.output)
}

let failed = 0
await Promise.all(
  Object.entries(checks).map(async ([name, command]) => {
    const started = performance.now()
    const { ok, output } = await run(command)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    if (!ok) {
      failed++
      console.log(output)
    }
  }),
)
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
