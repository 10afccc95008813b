import type { FeatureItem } from '../define/feature-service.ts'
import type { FeatureRequest } from '../define/request.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import type { Field } from '../model/field.ts'
import type { DataType } from '../types/data-type.ts'
import { FeastClientError } from './client-error.ts'

/** What a request asks for, in the words of the protocol, and what is known of the columns of its answer. */
export interface RequestedFeatures {
  readonly body: { readonly features: readonly string[] } | { readonly feature_service: string }
  /** Types by column. Only definitions know types: there is none for what a text names. */
  readonly types: ReadonlyMap<string, DataType>
}

/** @throws FeastClientError `UNSUPPORTED` for selections under another name or with other key columns. */
export function requestedFeatures(features: FeatureRequest, full: boolean): RequestedFeatures {
  const types = new Map<string, DataType>()
  const isService = !isList(features)
  const items: readonly FeatureItem[] = isService ? features.projections : features
  addKeyTypes(features, types)
  const references = items.flatMap((item) => {
    if (typeof item === 'string') return [item]
    addKeyTypes(item, types)
    const { view, fields } = isService ? namedInResult(item) : referred(item)
    for (const { name, type } of fields) types.set(full ? `${view}__${name}` : name, type)
    return fields.map(({ name }) => `${view}:${name}`)
  })
  return { body: isService ? { feature_service: features.name } : { features: references }, types }
}

const isList = (value: FeatureRequest): value is readonly FeatureItem[] => Array.isArray(value)

interface ReferredView {
  readonly view: string
  readonly fields: readonly Field[]
}

function referred(item: Exclude<FeatureItem, string>): ReferredView {
  if (!isProjection(item)) return { view: item.name, fields: item.features }
  const renamed = item.alias !== '' && item.alias !== item.viewName
  if (renamed || Object.keys(item.joinKeyMap).length > 0) {
    throw new FeastClientError(
      `The selection of "${item.viewName}" has ${renamed ? `the name "${item.alias}"` : 'other key columns'}, which a reference cannot say; put it into a feature service.`,
      { status: 0, code: 'UNSUPPORTED', field: 'features' },
    )
  }
  const view = item.version === null ? item.viewName : `${item.viewName}@v${item.version}`
  return { view, fields: item.features }
}

/** The parts of a service come under their own names. */
function namedInResult(item: Exclude<FeatureItem, string>): ReferredView {
  if (!isProjection(item)) return { view: item.name, fields: item.features }
  return { view: item.alias === '' ? item.viewName : item.alias, fields: item.features }
}

function isProjection(item: Exclude<FeatureItem, string>): item is FeatureViewProjection {
  return 'viewName' in item
}

/** By which definitions know each other, in every copy of the package; nothing of it is imported here. */
const definition = Symbol.for('feast-ts.definition')

/** Adds the types of join keys and request values of an item and of the definitions behind it. */
function addKeyTypes(item: unknown, types: Map<string, DataType>): void {
  if (typeof item !== 'object' || item === null) return
  if ('entityColumns' in item) addFields(item.entityColumns, types)
  if ('kind' in item && item.kind === 'request' && 'schema' in item) addFields(item.schema, types)
  const joinKeyMap = isMapping(item) ? item.joinKeyMap : {}
  const behind: unknown = Reflect.get(item, definition)
  if (typeof behind !== 'object' || behind === null || !('uses' in behind) || !Array.isArray(behind.uses)) return
  for (const used of behind.uses) addKeyTypes(used, types)
  for (const [key, column] of Object.entries(joinKeyMap)) {
    const type = types.get(key)
    if (type !== undefined) types.set(column, type)
  }
}

function isMapping(item: object): item is Pick<FeatureViewProjection, 'joinKeyMap'> {
  return 'joinKeyMap' in item && typeof item.joinKeyMap === 'object' && item.joinKeyMap !== null
}

function addFields(fields: unknown, types: Map<string, DataType>): void {
  if (!Array.isArray(fields)) return
  for (const { name, type } of fields as readonly Field[]) types.set(name, type)
}
