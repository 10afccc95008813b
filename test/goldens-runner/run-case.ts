import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FeatureStoreError } from '../../src/base/errors/feature-store-error.ts'
import { Instant } from '../../src/base/instant.ts'
import { openStore } from '../../src/store/open-store.ts'
import { defineCase } from './case-definitions.ts'
import { type GoldenCase, type GoldenStep, readCase, type StepResult } from './case-file.ts'
import { onlinePath, type RunningCase, removeRepository, steps } from './case-steps.ts'
import { compareTables } from './compare-tables.ts'
import { copyWritable } from './copy-writable.ts'
import { differenceOf, type Judgement } from './differences.ts'
import { readGoldenTable } from './golden-table.ts'
import { judgeInputOrder } from './input-order.ts'
import { judgeByRule } from './judge-by-rule.ts'
import { type Actual, countedRows, type Judged, judge, type Mismatch, tableRules } from './judge-step.ts'
import { withOurTies } from './judge-ties.ts'
import { Checks, type Outcome, shown } from './outcome.ts'
import { RuleState } from './rule-state.ts'

/** Runs a case folder of the offline goldens in a repository and working directory of its own. */
export async function runCase(folder: string, name: string): Promise<Outcome> {
  const checks = new Checks()
  const repo = mkdtempSync(join(tmpdir(), 'feast-ts-golden-'))
  const before = process.cwd()
  try {
    prepareRepository(folder, repo)
    process.chdir(repo)
    await runSteps(checks, folder, repo, readCase(join(folder, 'case.json')))
  } catch (error) {
    checks.fail('case', 'the case runs', error)
  } finally {
    process.chdir(before)
    removeRepository(repo)
  }
  return checks.outcome(name)
}

function prepareRepository(folder: string, repo: string): void {
  const sources = join(folder, 'sources')
  if (existsSync(sources)) copyWritable(sources, join(repo, 'sources'))
  mkdirSync(join(repo, 'data'), { recursive: true })
}

async function runSteps(checks: Checks, folder: string, repo: string, goldenCase: GoldenCase): Promise<void> {
  let definitions: RunningCase['definitions'] = []
  let refusal: FeatureStoreError | undefined
  try {
    definitions = defineCase(goldenCase.definitions)
  } catch (error) {
    // A definition may be refused where it is written, before it is applied.
    if (!(error instanceof FeatureStoreError)) throw error
    refusal = error
  }
  const config = {
    project: goldenCase.definitions.project,
    provider: 'local',
    registry: 'data/registry.db',
    online_store: { type: 'sqlite', path: onlinePath },
    offline_store: { type: 'duckdb' },
    entity_key_serialization_version: 3,
    ...goldenCase.store_config,
  }
  await using store = await openStore(config, { repoPath: repo, definitions: refusal === undefined ? definitions : [] })
  const running: RunningCase = { goldenCase, folder, repo, store, definitions }
  const state = new RuleState(repo, goldenCase)
  for (const [index, step] of goldenCase.steps.entries()) {
    const label = `step ${index} ${step.request.op}`
    const mismatch = await runStep(running, state, step, refusal)
    if (mismatch === undefined) checks.pass()
    else checks.fail(label, mismatch[0], mismatch[1])
  }
}

async function runStep(
  running: RunningCase,
  state: RuleState,
  step: GoldenStep,
  refusal: FeatureStoreError | undefined,
): Promise<Mismatch | undefined> {
  const run = steps[step.request.op]
  if (run === undefined) return [`operation ${step.request.op}`, 'the runner does not know it']
  const from = Instant.fromDate(new Date())
  const attempt = await attempted(async () => {
    if (refusal !== undefined) throw refusal
    return run(running, step.request)
  })
  const until = Instant.fromDate(new Date())
  if (attempt.error !== undefined && !(attempt.error instanceof FeatureStoreError)) {
    return ['an answer or an error of ours', shown(attempt.error)]
  }
  state.track(step.request, attempt.error === undefined, { from, until })
  const { goldenCase, folder } = running
  const expectation = expectationOf(goldenCase, step)
  if (typeof expectation === 'string') return [expectation, 'nothing says what is right']
  const judged: Judged = { goldenCase, folder, step, store: expectation.store, ...state.span }
  if (expectation.kind === 'oracle') {
    return (await judgeByRule(running, state, judged, attempt)) ?? judgeTies(running, judged, attempt.value)
  }
  if (expectation.kind === 'refuse') return attempt.error === undefined ? ['an error', 'it was accepted'] : undefined
  if (attempt.value === undefined) return ['no error', shown(attempt.error)]
  if (expectation.kind !== 'recorded') return undefined
  return (
    (await judgeInputOrder(running, step.request, attempt.value)) ?? judge(judged, expectation.result, attempt.value)
  )
}

/** Where any of several tied rows is right, what was recorded has to be one of them. */
async function judgeTies(
  { repo, goldenCase, folder }: RunningCase,
  judged: Judged,
  actual: Actual | undefined,
): Promise<Mismatch | undefined> {
  const recorded = judged.step.result.duckdb
  if (judged.store !== 'any' || recorded?.status !== 'ok' || recorded.json === undefined) return undefined
  if (actual?.kind !== 'table') return undefined
  const table = readGoldenTable(join(folder, recorded.json))
  const ours = await withOurTies(repo, goldenCase, judged.step.request, table, actual.table)
  if (ours === undefined) return undefined
  return countedRows(recorded, table) ?? compareTables(ours, actual.table, tableRules({ ...judged, store: 'duckdb' }))
}

type Expectation =
  | { readonly kind: Judgement; readonly store: string; readonly result?: undefined }
  | { readonly kind: 'recorded'; readonly store: string; readonly result: StepResult }

/** What a step must do; a text says what is missing to know it. */
export function expectationOf(goldenCase: GoldenCase, step: GoldenStep): Expectation | string {
  const { result, canonical } = step
  const difference = differenceOf(goldenCase.rule)
  const feastDoesIt = difference.whereFeastFails === true && result[canonical]?.status === 'ok'
  const judgement = feastDoesIt ? undefined : difference.steps[step.request.op]
  const agreed = canonical === 'both' && step.request.op !== 'online_dump' && step.request.op !== 'intervals'
  if (judgement === 'oracle' || (judgement !== undefined && !(agreed && acceptedByAll(step)))) {
    return { kind: judgement, store: 'rule' }
  }
  if (canonical === 'error') return { kind: 'refuse', store: 'both' }
  if (canonical === 'any' || (goldenCase.tolerance.any_tied_row === true && step.request.op === 'historical')) {
    return { kind: 'oracle', store: 'any' }
  }
  if (canonical === 'neither') return `a difference for the rule ${goldenCase.rule}`
  const store = canonical === 'both' ? (result.duckdb?.status === 'ok' ? 'duckdb' : 'file') : canonical
  const recorded = result[store]
  if (recorded === undefined) return `a result of the ${store} store`
  if (recorded.status === 'error') return { kind: 'refuse', store }
  return recorded.status === 'ok' ? { kind: 'recorded', store, result: recorded } : `a result of the ${store} store`
}

/** A difference in when a step is refused does not make a step that all accept something else. */
function acceptedByAll(step: GoldenStep): boolean {
  return Object.values(step.result).every((result) => result.status === 'ok')
}

async function attempted<T>(run: () => Promise<T>): Promise<{ readonly value?: T; readonly error?: unknown }> {
  try {
    return { value: await run() }
  } catch (error) {
    return { error }
  }
}
