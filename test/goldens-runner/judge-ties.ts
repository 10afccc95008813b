import { Instant } from '../../src/base/instant.ts'
import type { GoldenCase, StepRequest } from './case-file.ts'
import { readView, type SourceView, tiedAsOf } from './case-oracle.ts'
import type { GoldenTable } from './golden-table.ts'
import { canonical } from './outcome.ts'
import { outputName, requestedViews } from './requested-columns.ts'

type Row = Readonly<Record<string, unknown>>

/** A requested view: its history, and the names of its features there and in the result. */
interface TiedView {
  readonly source: SourceView
  readonly joinKeyMap: Readonly<Record<string, string>>
  readonly features: readonly { readonly stored: string; readonly output: string }[]
}

/**
 * The recorded table of a historical request, in which rows that Feast took from among tied ones are replaced by ours.
 * What is left to differ is wrong on one side. Undefined when the request computes something from tied features.
 */
export async function withOurTies(
  repo: string,
  goldenCase: GoldenCase,
  request: StepRequest,
  recorded: GoldenTable,
  ours: GoldenTable,
): Promise<GoldenTable | undefined> {
  const requested = requestedViews(goldenCase, request)
  const computed = goldenCase.definitions.views.filter((view) => view.source === undefined).map((view) => view.name)
  if (requested.some(({ view }) => computed.includes(view))) return undefined
  const views = await Promise.all(
    requested.map(
      async ({ view, prefix, joinKeyMap, features }): Promise<TiedView> => ({
        source: await readView(repo, goldenCase.definitions, view),
        joinKeyMap,
        features: features.map((stored) => ({
          stored,
          output: outputName(prefix, stored, request.full_feature_names),
        })),
      }),
    ),
  )
  const outputs = new Set(views.flatMap(({ features }) => features.map(({ output }) => output)))
  const left = [...records(ours)]
  const rows = records(recorded).map((row) => {
    const at = left.findIndex(
      (own) => sameEntity(row, own, outputs) && views.every((view) => isTied(view, row, own, request)),
    )
    const [own = row] = at === -1 ? [] : left.splice(at, 1)
    return recorded.columns.map(({ name }) => own[name] ?? null)
  })
  return { columns: recorded.columns, rows }
}

const records = ({ columns, rows }: GoldenTable): Row[] =>
  rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])))

function sameEntity(a: Row, b: Row, outputs: ReadonlySet<string>): boolean {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !outputs.has(name))
  return names.every((name) => canonical(a[name]) === canonical(b[name]))
}

/** Whether a recorded row has of one view what our row has, or what a row tied with it has. */
function isTied({ source, joinKeyMap, features }: TiedView, row: Row, own: Row, request: StepRequest): boolean {
  const values = canonical(features.map(({ output }) => row[output]))
  if (values === canonical(features.map(({ output }) => own[output]))) return true
  const time = timeOf(own)
  if (time === null) return false
  const keys = Object.fromEntries(source.keys.map((key) => [key, own[joinKeyMap[key] ?? key]]))
  const tied = tiedAsOf(source, keys, time, request.filter_by_created_timestamp === true ? time : null)
  return tied.some((each) => canonical(features.map(({ stored }) => each[stored])) === values)
}

function timeOf(row: Row): bigint | null {
  const time = row.event_timestamp ?? Object.values(row).find((value) => value instanceof Instant)
  return time instanceof Instant ? time.epochMicros : null
}
