import { Instant } from '../../base/instant.ts'
import { materializeIncremental as materializeUpTo, materialize as materializeWindow } from '../../store/materialize.ts'
import { readSettings } from '../../store/read-settings.ts'
import type { StoreContext } from '../../store/store-context.ts'
import type { MaterializationWork } from '../materializations/materialization-jobs.ts'
import { pushRows } from '../push-rows.ts'
import { writeServices } from '../write-services.ts'
import { classError, type FeastHttpAnswer, feastClasses, plainError } from './feast-errors.ts'
import { frameOf, timeText } from './feast-frame.ts'
import type { FeastHandler, FeastHandlerContext } from './feast-http.ts'
import { findView, viewNotFound, viewOfVersion } from './feast-read-plan.ts'
import { fedViews, historyRows, inFeastOrder, pushTarget, writeFrame } from './feast-writes.ts'
import { readBody } from './pydantic-body.ts'
import type { PythonObject, PythonValue } from './python-json.ts'

const empty: FeastHttpAnswer = { status: 200, body: '' }
const done: FeastHttpAnswer = { status: 200, body: 'null' }

/** POST /push */
export const push: FeastHandler = async (request, { context, serving }) => {
  const read = readBody('push', request)
  if ('answer' in read) return read.answer
  const { body } = read
  const source = String(body.push_source_name)
  const frame = frameOf(body.df as PythonObject)
  const to = pushTarget(String(body.to))
  const contents = await (body.allow_registry_cache === true ? context.contents() : serving.store.refreshRegistry())
  const views = fedViews(contents, context.project, source)
  if (to !== 'offline') for (const view of views) await writeFrame(context, view, frame)
  const [view] = views
  serving.metrics.pushed(source, String(body.to))
  if (to === 'online' || view === undefined) return empty
  const rows = historyRows(view, frame)
  const queued = await pushRows(serving, { source, rows, to: 'offline', signal: undefined })
  return queued ? { status: 202, body: '' } : empty
}

/** POST /write-to-online-store */
export const writeToOnlineStore: FeastHandler = async (request, { context, serving }) => {
  const read = readBody('writeToOnlineStore', request)
  if ('answer' in read) return read.answer
  const { body } = read
  const name = String(body.feature_view_name)
  const frame = frameOf(body.df as PythonObject)
  const contents = await (body.allow_registry_cache === true ? context.contents() : serving.store.refreshRegistry())
  const view = findView(contents, context.project, name)
  if (view === undefined || view.kind === 'labelView') {
    throw classError(feastClasses.objectNotFound, `Can't recognize feast object with a name ${name}`)
  }
  await writeFrame(context, view, frame)
  return done
}

/** POST /materialize */
export const materialize: FeastHandler = async (request, handling) => {
  const read = readBody('materialize', request)
  if ('answer' in read) return read.answer
  const { body, query } = read
  const views = await knownViews(handling.context, body.feature_views, body.version)
  const window = givenWindow(body.disable_event_timestamp === true, body.start_ts, body.end_ts)
  const version = textOf(body.version)
  return run(handling, query, views, (names, signal) =>
    materializeWindow(inFeastOrder(handling.context), { ...window, views: names, version, signal }),
  )
}

/** POST /materialize-incremental */
export const materializeIncremental: FeastHandler = async (request, handling) => {
  const read = readBody('materializeIncremental', request)
  if ('answer' in read) return read.answer
  const { body, query } = read
  const views = await knownViews(handling.context, body.feature_views, body.version)
  const end = timeOf(String(body.end_ts))
  const version = textOf(body.version)
  return run(handling, query, views, (names, signal) =>
    materializeUpTo(inFeastOrder(handling.context), { end, views: names, version, signal }),
  )
}

const textOf = (value: PythonValue): string | undefined => (typeof value === 'string' ? value : undefined)

/** The named views, all of which are there, in the version that is asked for; undefined for all that are served. */
async function knownViews(
  context: StoreContext,
  given: PythonValue,
  version: PythonValue,
): Promise<readonly string[] | undefined> {
  if (given === null) return undefined
  const names = given as readonly string[]
  const contents = await context.contents()
  const number = /^v(\d+)$/i.exec(String(version ?? ''))
  for (const name of names) {
    if (number !== null && names.length === 1 && readSettings(context.config).versions) {
      viewOfVersion(contents, context.project, name, Number(number[1]))
    } else if (findView(contents, context.project, name) === undefined) throw viewNotFound(name, context.project)
  }
  return names
}

function givenWindow(
  disabled: boolean,
  start: PythonValue,
  end: PythonValue,
): { readonly start: Instant; readonly end: Instant } | { readonly disableEventTimestamp: true } {
  if (disabled) return { disableEventTimestamp: true }
  if (typeof start !== 'string' || typeof end !== 'string' || start === '' || end === '') {
    throw plainError('FTS6002', 'The window needs a start_ts and an end_ts.')
  }
  const window = { start: timeOf(start), end: timeOf(end) }
  if (window.start.compare(window.end) >= 0) {
    throw plainError('FTS6001', `The window starts at ${window.start}, which is not before its end at ${window.end}.`)
  }
  return window
}

function timeOf(text: string): Instant {
  const time = timeText(text)
  if (time === undefined) throw plainError('FTS6002', `"${text}" is no time.`)
  return Instant.fromEpochMicros(time.micros)
}

async function run(
  { serving }: FeastHandlerContext,
  query: Readonly<Record<string, boolean>>,
  views: readonly string[] | undefined,
  work: MaterializationWork,
): Promise<FeastHttpAnswer> {
  const { jobs } = writeServices(serving)
  if (query.async !== true) {
    await jobs.run(views, work)
    return done
  }
  const { kind, views: names } = await jobs.begin({ views, force: query.force === true }, work)
  if (kind !== 'taken') return { status: 202, body: JSON.stringify({ status: 'accepted', feature_views: names }) }
  const error = `Somebody is materializing: ${names.join(', ')}. Use ?force=true to take over.`
  return { status: 409, body: JSON.stringify({ error, feature_views: names }) }
}
