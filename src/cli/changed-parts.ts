import { isDeepStrictEqual } from 'node:util'
import type { PropertyChange } from '../registry/diff.ts'
import type { PlainValue } from '../registry/properties.ts'

type PlainRecord = { readonly [name: string]: PlainValue }

/** One line of a change: the path to what differs, and both values in few words. */
export interface ChangedPart {
  readonly path: string
  readonly before: string
  readonly after: string
}

/**
 * What differs within a property, part by part, so that a renamed feature is two short lines and not two dumps of
 * everything around it. Lists of named things are compared by name.
 */
export function changedParts({ property, before, after }: PropertyChange): readonly ChangedPart[] {
  return partsOf(property, before, after)
}

function partsOf(path: string, before: PlainValue, after: PlainValue): readonly ChangedPart[] {
  if (isDeepStrictEqual(before, after)) return []
  const [old, next] = [recordOf(before), recordOf(after)]
  if (old === undefined || next === undefined) return [{ path, before: inWords(before), after: inWords(after) }]
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])]
  const parts = names.flatMap((name) => partsOf(`${path}.${name}`, old[name] ?? null, next[name] ?? null))
  if (parts.length > 0) return parts
  return [{ path: `order of ${path}`, before: Object.keys(old).join(', '), after: Object.keys(next).join(', ') }]
}

/** A record itself, or a list of named things by their names; undefined for anything else. */
function recordOf(value: PlainValue): PlainRecord | undefined {
  if (isRecord(value)) return value
  if (!isList(value) || value.length === 0) return undefined
  const named = value.map((item) => [nameOf(item), item] as const)
  const names = new Set(named.map(([name]) => name))
  return names.has(undefined) || names.size < named.length
    ? undefined
    : Object.fromEntries(named.map(([name = '', item]) => [name, item]))
}

const isList = (value: PlainValue): value is readonly PlainValue[] => Array.isArray(value)

const isRecord = (value: PlainValue): value is PlainRecord =>
  typeof value === 'object' && value !== null && !isList(value)

function nameOf(value: PlainValue): string | undefined {
  if (!isRecord(value)) return undefined
  const name = value.feature_view_name_alias || value.feature_view_name || value.name
  return typeof name === 'string' ? name : undefined
}

/** A field by its type, a selection by its features, a source by its name; other things as JSON. */
function inWords(value: PlainValue): string {
  if (value === null) return 'none'
  if (typeof value === 'string') return value
  if (!isRecord(value)) return JSON.stringify(value)
  if (isList(value.feature_columns ?? null))
    return `(${Object.keys(recordOf(value.feature_columns ?? null) ?? {}).join(', ')})`
  const { name, type, timestamp_field: timestampField } = value
  if (typeof name === 'string' && timestampField !== undefined) return name
  return typeof name === 'string' && typeof type === 'string' ? type : JSON.stringify(value)
}
