import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { Checks, type Outcome } from './outcome.ts'
import { runCase } from './run-case.ts'
import { wireFile, wireFolder } from './wire-kinds.ts'

/** A golden that was found: what to call it, and how to run it. */
export interface Found {
  readonly name: string
  readonly run: () => Promise<Outcome>
}

/** Documents and listings, which are not goldens. */
const isDocument = (entry: string): boolean => entry.endsWith('.md') || entry === 'INDEX.json'

/**
 * All goldens below a folder, found by their form: case folders, wire folders, and JSON files of a known kind or not. The
 * folder may be one of these itself, or a single file.
 */
export function findGoldens(folder: string, root = folder): Found[] {
  const name = relative(root, folder) || basename(folder)
  if (statSync(folder).isFile()) return [{ name, run: () => wireFile(folder, name) }]
  if (existsSync(join(folder, 'case.json'))) return [{ name, run: () => runCase(folder, name) }]
  const whole = wireFolder(folder, name)
  if (whole !== undefined) return [{ name, run: whole }]
  return readdirSync(folder)
    .filter((entry) => !isDocument(entry) && !entry.startsWith('.'))
    .sort()
    .flatMap((entry): Found[] => {
      const path = join(folder, entry)
      if (statSync(path).isDirectory()) return findGoldens(path, root)
      const file = relative(root, path)
      return [{ name: file, run: () => wireFile(path, file) }]
    })
}

async function runGolden({ name, run }: Found): Promise<Outcome> {
  try {
    return await run()
  } catch (error) {
    const checks = new Checks()
    checks.fail('golden', 'the golden can be run', error)
    return checks.outcome(name)
  }
}

/**
 * Runs every golden below a folder and prints a line for each, with what failed; last the sums. Returns the number of
 * failures; a folder without goldens is one. Goldens of stores whose servers are not installed are skipped, and counted,
 * unless `FEAST_TS_SERVICES=required`.
 */
export async function runGoldens(folder: string, print: (line: string) => void): Promise<number> {
  const root = resolve(folder)
  let passed = 0
  let failed = 0
  let skipped = 0
  const goldens = findGoldens(root)
  if (goldens.length === 0) {
    print(`${basename(root)}: there are no goldens in it`)
    failed++
  }
  for (const golden of goldens) {
    const outcome = await runGolden(golden)
    passed += outcome.passed
    failed += outcome.failures.length
    if (outcome.skipped !== undefined) skipped++
    const reason = outcome.skipped === undefined ? '' : `, skipped: ${outcome.skipped}`
    print(`${outcome.name}: ${outcome.passed} passed, ${outcome.failures.length} failed${reason}`)
    for (const { step, expected, actual } of outcome.failures) {
      print(`  ${step}\n    expected ${expected}\n    actual   ${actual}`)
    }
  }
  print(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`)
  return failed
}
