import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { didYouMean } from '../base/suggest.ts'
import type { PushTarget } from '../store/push.ts'
import { type TimeInput, toInstant } from '../store/time-input.ts'

/** The body of a request, field by field. */
export type RequestBody = Readonly<Record<string, unknown>>

/** Where pushed rows go, by the words of the protocol. */
export const pushTargets: ReadonlyMap<string, PushTarget> = new Map([
  ['online', 'online'],
  ['offline', 'offline'],
  ['online_and_offline', 'onlineAndOffline'],
])

/** @throws FTS7002 for the first field that is not among the known ones. */
export function refuseUnknownFields(body: RequestBody, known: readonly string[]): void {
  const unknown = Object.keys(body).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const near = didYouMean(unknown, known)
  throw new FeatureStoreError('FTS7002', {
    message: `The request has a field "${unknown}" that this path does not take.`,
    field: unknown,
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
    notes: [`fields: ${known.join(', ')}`],
  })
}

/** A text that must be there. @throws FTS7002 */
export function textField(body: RequestBody, name: string): string {
  const value = body[name]
  if (typeof value === 'string') return value
  throw wrongField(name, value === undefined || value === null ? 'is missing' : 'must be a text')
}

/** @throws FTS7002 */
export function optionalText(body: RequestBody, name: string): string | undefined {
  return body[name] === undefined || body[name] === null ? undefined : textField(body, name)
}

/** @throws FTS7002 */
export function flagField(body: RequestBody, name: string, standard: boolean): boolean {
  const value = body[name] ?? standard
  if (typeof value === 'boolean') return value
  throw wrongField(name, 'must be true or false')
}

/** A list of names; undefined when there is none. @throws FTS7002 */
export function namesField(body: RequestBody, name: string): readonly string[] | undefined {
  const value = body[name] ?? undefined
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.every((each): each is string => typeof each === 'string')) return value
  throw wrongField(name, 'must be a list of names')
}

/** @throws FTS7002 for another word. */
export function targetField(body: RequestBody): PushTarget {
  const value = body.to ?? 'online'
  const target = typeof value === 'string' ? pushTargets.get(value) : undefined
  if (target !== undefined) return target
  throw wrongField('to', `must be one of: ${[...pushTargets.keys()].join(', ')}`)
}

/** A switch in the query of a path. @throws FTS7002 */
export function querySwitch(query: unknown, name: string): boolean {
  const value = (query as Readonly<Record<string, unknown>>)[name]
  if (value === undefined) return false
  const text = String(value).toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(text)) return true
  if (['false', '0', 'no', 'off'].includes(text)) return false
  throw wrongField(name, 'of the query must be true or false')
}

/** A time that may be missing. @throws FTS4503 */
export function timeField(body: RequestBody, name: string): TimeInput | undefined {
  const value = body[name] ?? undefined
  return value === undefined ? undefined : toInstant(value as TimeInput, name)
}

function wrongField(name: string, fault: string): FeatureStoreError {
  return new FeatureStoreError('FTS7002', { message: `"${name}" ${fault}.`, field: name })
}
