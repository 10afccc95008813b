import { execFile } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const goldens = join(root, 'test/goldens')

interface Run {
  readonly exitCode: number
  readonly lines: readonly string[]
}

/** Runs the command that a person runs, in a process of its own: cases change its working directory. */
function runGoldens(folder: string): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/goldens.ts', folder], { cwd: root, maxBuffer: 1 << 26 }, (error, stdout) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), lines: stdout.trimEnd().split('\n') })
    })
  })
}

const failures = (run: Run): readonly string[] => run.lines.filter((line) => /, [1-9]\d* failed$/.test(line))

describe('what Feast recorded', () => {
  test('comes out of the offline cases, step by step', async () => {
    const run = await runGoldens(join(goldens, 'offline'))
    expect(failures(run), run.lines.join('\n')).toEqual([])
    expect(run.lines.at(-1)).toMatch(/^1\d\d passed, 0 failed$/)
    expect(run.exitCode).toBe(0)
  }, 240_000)

  test('comes out of keys, registries, stores, servers and single behaviours', async () => {
    const run = await runGoldens(join(goldens, 'wire'))
    expect(failures(run), run.lines.join('\n')).toEqual([])
    expect(run.lines.at(-1)).toMatch(/^\d{4} passed, 0 failed(, \d skipped)?$/)
    expect(run.exitCode).toBe(0)
  }, 240_000)
})

describe('the runner takes', () => {
  test('a case folder alone, also a read-only one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'feast-ts-readonly-'))
    const golden = join(folder, 'case')
    cpSync(join(goldens, basic.golden), golden, { recursive: true })
    for (const path of [join(golden, 'sources', 'main.parquet'), join(golden, 'sources'), golden])
      chmodSync(path, 0o555)
    const run = await runGoldens(golden)
    for (const path of [golden, join(golden, 'sources')]) chmodSync(path, 0o755)
    rmSync(folder, { recursive: true })
    expect(run).toEqual({ exitCode: 0, lines: ['case: 2 passed, 0 failed', '2 passed, 0 failed'] })
  })

  test('a single file', async () => {
    const run = await runGoldens(join(goldens, 'wire/entity_keys.json'))
    expect(run.lines).toEqual([expect.stringMatching(/^entity_keys.json: \d+ passed, 0 failed$/), expect.any(String)])
    expect(run.exitCode).toBe(0)
  })
})

type Path = readonly (string | number)[]

/** A way to spoil a golden: where it is, and what to change in which of its JSON files. */
interface Spoil {
  readonly golden: string
  readonly file: string
  readonly change: (json: unknown) => void
}

/** What stands at a path of a JSON file; it has to be there, or nothing would be spoilt. */
function at(json: unknown, ...path: Path): unknown {
  return path.reduce<unknown>((value, name) => {
    const part = (value as Readonly<Record<string, unknown>> | undefined)?.[name]
    if (part === undefined) throw new Error(`nothing at ${path.join('.')}`)
    return part
  }, json)
}

const list = (json: unknown, ...path: Path): unknown[] => at(json, ...path) as unknown[]

function set(json: unknown, path: Path, value: unknown): void {
  at(json, ...path)
  Object.assign(at(json, ...path.slice(0, -1)) as object, { [path.at(-1) ?? '']: value })
}

function swap(values: unknown[], a: number, b: number): void {
  at(values, Math.max(a, b))
  Object.assign(values, { [a]: values[b], [b]: values[a] })
}

/** The number of the last step with an operation. */
function lastStep(json: unknown, op: string): number {
  return list(json, 'steps').findLastIndex((step) => at(step, 'request', 'op') === op)
}

const basic = { golden: 'offline/hist_000_pit_basic_a', file: 'expected/1.duckdb.json' }
const basicCase = { golden: basic.golden, file: 'case.json' }
const intervals = { golden: 'offline/mate_094_mat_intervals_append_a', file: 'case.json' }
const window = { golden: 'offline/mate_088_mat_window_inclusive_both_a', file: 'case.json' }
const inferred = { golden: 'offline/infe_135_infer_scalar_types_a', file: 'case.json' }
const registry = { golden: 'wire/registry/reg_services', file: 'registry.json' }
const tie = { golden: 'offline/hist_013_tie_no_created_column_a', file: 'expected/1.duckdb.json' }
const logs = { golden: 'offline/logg_133_log_features_a', file: 'expected/2.file.json' }
const stream = { golden: 'offline/mate_152_mat_stream_view_plain_a', file: 'case.json' }
const sqlite = { golden: 'wire/sqlite/all_types', file: 'online_store.json' }

const onlineRows = (json: unknown): unknown[] =>
  list(json, 'steps', lastStep(json, 'online_dump'), 'result', 'file', 'online_rows')

const spoils: Readonly<Record<string, Spoil>> = {
  'a changed value': { ...basic, change: (json) => set(json, ['rows', 0, 2], 3.25) },
  'a changed key': { ...basic, change: (json) => set(json, ['rows', 0, 0], 1009) },
  'a value that becomes null': { ...basic, change: (json) => set(json, ['rows', 1, 5], null) },
  'a time that is a microsecond later': {
    ...basic,
    change: (json) => set(json, ['rows', 0, 1], '2024-03-01T12:00:00.000001+00:00'),
  },
  'a row that is gone': { ...basic, change: (json) => list(json, 'rows').pop() },
  'a row that is there twice': { ...basic, change: (json) => list(json, 'rows').push(at(json, 'rows', 0)) },
  'a column of another type': { ...basic, change: (json) => set(json, ['columns', 3, 'arrow'], 'double') },
  'a column that is gone': {
    ...basic,
    change: (json) => {
      for (const values of [at(json, 'columns'), ...list(json, 'rows')]) list(values).pop()
    },
  },
  'columns in another order': {
    ...basic,
    change: (json) => {
      for (const values of [at(json, 'columns'), ...list(json, 'rows')]) swap(list(values), 2, 4)
    },
  },
  'a step that should be refused': {
    ...basicCase,
    change: (json) => {
      const step = lastStep(json, 'historical')
      for (const store of ['file', 'duckdb']) set(json, ['steps', step, 'result', store], { status: 'error' })
    },
  },
  'an operation that nobody knows': {
    ...basicCase,
    change: (json) => set(json, ['steps', 1, 'request', 'op'], 'guess'),
  },
  'intervals in another order': {
    ...intervals,
    change: (json) => {
      const results = at(json, 'steps', lastStep(json, 'intervals'), 'result') as object
      for (const result of Object.values(results)) {
        for (const windows of Object.values(at(result, 'intervals') as object)) swap(windows as unknown[], 0, 1)
      }
    },
  },
  'an online value that differs': { ...window, change: (json) => set(onlineRows(json), [0, 'value'], 'other') },
  'an online value of another kind': {
    ...window,
    change: (json) => set(onlineRows(json), [0, 'value_type'], 'json_val'),
  },
  'an event time of an online value': {
    ...window,
    change: (json) => set(onlineRows(json), [0, 'event_ts'], '2024-03-01T00:00:00+00:00'),
  },
  'an online row that is gone': { ...window, change: (json) => onlineRows(json).pop() },
  'an online row that is there twice': { ...window, change: (json) => onlineRows(json).push(at(onlineRows(json), 0)) },
  'a row that is not among tied ones': { ...tie, change: (json) => set(json, ['rows', 0, 2], 3.25) },
  'a tied row that is there twice': { ...tie, change: (json) => list(json, 'rows').push(at(json, 'rows', 0)) },
  'a tied row of another type': { ...tie, change: (json) => set(json, ['columns', 3, 'arrow'], 'double') },
  'a log that differs': { ...logs, change: (json) => set(json, ['rows', 0, 5], 7.25) },
  'an online value of a stream view': { ...stream, change: (json) => set(onlineRows(json), [0, 'value'], 'other') },
  'features in another order': {
    ...inferred,
    change: (json) => {
      const views = at(json, 'steps', 0, 'result', 'duckdb', 'applied', 'views') as object
      for (const view of Object.values(views)) swap(list(view, 'features'), 0, 1)
    },
  },
  'a registry field that differs': {
    ...registry,
    change: (json) => set(json, ['decoded', 'feature_services', 0, 'spec', 'name'], 'other'),
  },
  'a registry object that is gone': { ...registry, change: (json) => list(json, 'decoded', 'entities').pop() },
  'registry objects in another order': { ...registry, change: (json) => swap(list(json, 'decoded', 'entities'), 0, 1) },
  'a stored value that decodes to something else': {
    ...sqlite,
    change: (json) => set(json, ['tables', 'wire_main_expired', 0, 'decoded'], { string_val: 'other' }),
  },
  'stored bytes that differ': {
    ...sqlite,
    change: (json) => set(json, ['tables', 'wire_main_expired', 0, 'value_b64'], 'IAs='),
  },
  'a stored row that is gone': { ...sqlite, change: (json) => list(json, 'tables', 'wire_main_sets').pop() },
}

describe('the runner fails', () => {
  const runs = new Map<string, readonly string[]>()
  let folder = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'feast-ts-spoiled-'))
    Object.values(spoils).forEach(({ golden, file, change }, index) => {
      const copy = join(folder, `spoil-${index}`, golden)
      cpSync(join(goldens, golden), copy, { recursive: true })
      const json: unknown = JSON.parse(readFileSync(join(copy, file), 'utf8'))
      change(json)
      writeFileSync(join(copy, file), JSON.stringify(json))
    })
    const run = await runGoldens(folder)
    Object.keys(spoils).forEach((name, index) => {
      runs.set(
        name,
        run.lines.filter((line) => line.startsWith(`spoil-${index}/`)),
      )
    })
    runs.set('last', [run.lines.at(-1) ?? '', String(run.exitCode)])
  }, 240_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(Object.keys(spoils))('over %s', (name) => {
    expect(runs.get(name)).toEqual([expect.stringMatching(/: \d+ passed, [1-9]\d* failed$/)])
  })

  test('with exit code 1, the number of failures last', () => {
    expect(runs.get('last')).toEqual([expect.stringMatching(/^\d+ passed, [1-9]\d* failed$/), '1'])
  })

  test('over files of a kind that it does not know, by name', async () => {
    const strange = mkdtempSync(join(tmpdir(), 'feast-ts-strange-'))
    writeFileSync(join(strange, 'answers.json'), '{"cases": [], "server": "x"}')
    writeFileSync(join(strange, 'broken.json'), '{"cases": [')
    const run = await runGoldens(strange)
    rmSync(strange, { recursive: true })
    expect(failures(run)).toEqual([
      'answers.json: 0 passed, 1 failed',
      'broken.json: 0 passed, 1 failed',
      '0 passed, 2 failed',
    ])
    expect(run.exitCode).toBe(1)
  })

  test('over a case that cannot be read and a folder without goldens', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'feast-ts-broken-'))
    const empty = await runGoldens(broken)
    mkdirSync(join(broken, 'a'))
    writeFileSync(join(broken, 'a', 'case.json'), '{"steps": [')
    const run = await runGoldens(broken)
    rmSync(broken, { recursive: true })
    expect([empty.exitCode, empty.lines.at(-1)]).toEqual([1, '0 passed, 1 failed'])
    expect(failures(run)).toEqual(['a: 0 passed, 1 failed', '0 passed, 1 failed'])
    expect(run.exitCode).toBe(1)
  })

  test('without a folder, with the usage', async () => {
    expect((await runGoldens('/nowhere/at/all')).exitCode).toBe(2)
  })
})
