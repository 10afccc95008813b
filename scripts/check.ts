/**
 * `npm run check`: everything that can be said of the code without running it. The checks run side by side; each prints
 * its own output only when it fails.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const checks: Readonly<Record<string, readonly string[]>> = {
  'format and lint': ['biome', 'ci', '--error-on-warnings', '--colors=off', '.'],
  types: ['tsc', '-p', 'tsconfig.json'],
  'layer boundaries': ['node', 'tools/node_modules/.bin/depcruise', '--config', 'tools/dependency-rules.cjs', 'src'],
  'dead code': ['knip'],
  'file length': ['node', 'scripts/check-file-length.ts'],
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

/** Runs one check and prints how it went; true when it passed. */
async function report([name, command]: readonly [string, readonly string[]]): Promise<boolean> {
  const started = performance.now()
  const { ok, output } = await run(command)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  if (!ok) console.log(output)
  return ok
}

// First and alone: it rewrites files that the other checks read.
const generated = await report(['generated files', ['node', 'scripts/generate.ts', '--check']])
const others = await Promise.all(Object.entries(checks).map(report))
const passed = [generated, ...others].filter(Boolean).length
console.log(`${passed} passed, ${others.length + 1 - passed} failed`)
process.exitCode = passed === others.length + 1 ? 0 : 1
