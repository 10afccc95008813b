import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { EntityCoercion, OnlineEntityInput } from '../store/entity-columns.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import type { OnlineResponse } from '../store/online-response.ts'
import type { ReadTimings } from '../store/read-timings.ts'
import { type JsonValue, valueFromJson } from '../types/json.ts'

/** A request for online features as a client sent it, checked. */
export interface OnlineFeaturesBody {
  /** Name of a feature service; it wins over {@link features}, as in Feast. */
  readonly featureService: string | null
  readonly features: readonly string[]
  /** Objects, or columns of equal length by name. */
  readonly entities: OnlineEntityInput
  readonly fullFeatureNames: boolean
  /** Answer with the names and versions of the views as well. */
  readonly viewMetadata: boolean
}

/**
 * The fields of a body of `POST /get-online-features`. Others are ignored, as in Feast; null is as good as leaving a
 * field out. `entities` is an object of lists or a list of objects.
 * @throws FTS7002 for a field that is missing or of another kind.
 */
export function featureRequest(body: Readonly<Record<string, unknown>>): OnlineFeaturesBody {
  const { feature_service: service, features } = body
  if (service !== undefined && service !== null && typeof service !== 'string') {
    throw wrong('feature_service', 'the name of a feature service', service)
  }
  return {
    featureService: service ?? null,
    features: references(features),
    entities: entityInput(body.entities),
    fullFeatureNames: flag(body, 'full_feature_names'),
    viewMetadata: flag(body, 'include_feature_view_version_metadata'),
  }
}

/** The number of entity rows of a request. */
export function rowCount({ entities }: OnlineFeaturesBody): number {
  if (Array.isArray(entities)) return entities.length
  for (const values of Object.values(entities)) return values.length
  return 0
}

/**
 * The answer to a request.
 * @throws what {@link FeatureStore.getOnlineFeatures} throws; FTS3105 for an unknown feature service.
 */
export async function readFeatures(
  store: FeatureStore,
  request: OnlineFeaturesBody,
  signal: AbortSignal,
  timings?: ReadTimings,
): Promise<OnlineResponse> {
  const { featureService, features, entities, fullFeatureNames } = request
  return store.getOnlineFeatures({
    features: featureService === null ? features : await store.getFeatureService(featureService),
    entities: entities as readonly Readonly<Record<string, never>>[],
    fullFeatureNames,
    signal,
    coerce: jsonEntityValue,
    timings,
  })
}

/** An error about entity rows as the client sent them: `entities[3].id` is `entities.id[3]` among columns. */
export function inTermsOf({ entities }: OnlineFeaturesBody, error: unknown): unknown {
  if (Array.isArray(entities) || !(error instanceof FeatureStoreError)) return error
  const cell = /^entities\[(\d+)\]\.(.+)$/s.exec(error.field ?? '')
  return cell === null ? error : error.withField(`entities.${cell[2]}[${cell[1]}]`)
}

/** An entity value as JSON has it: times as ISO-8601 text or seconds, bytes as base64, long integers as digits too. */
export const jsonEntityValue: EntityCoercion = (value, type) => {
  // Digits that no double can tell apart mean one double all the same.
  const isFloat = type.kind === 'scalar' && (type.name === 'float64' || type.name === 'float32')
  return valueFromJson((typeof value === 'bigint' && isFloat ? Number(value) : value) as JsonValue, type)
}

function references(features: unknown): readonly string[] {
  if (features === undefined || features === null) return []
  if (!Array.isArray(features)) throw wrong('features', 'a list of references', features)
  for (let index = 0; index < features.length; index++) {
    const each: unknown = features[index]
    if (typeof each !== 'string') throw wrong(`features[${index}]`, 'a reference such as "view:feature"', each)
  }
  return features
}

function entityInput(entities: unknown): OnlineEntityInput {
  if (typeof entities !== 'object' || entities === null) {
    throw wrong('entities', 'an object of lists, or a list of objects', entities)
  }
  if (Array.isArray(entities)) {
    for (const [index, row] of entities.entries()) {
      if (typeof row !== 'object' || row === null || Array.isArray(row)) {
        throw wrong(`entities[${index}]`, 'an object with a value for each join key', row)
      }
    }
    return entities
  }
  for (const [name, values] of Object.entries(entities)) {
    if (!Array.isArray(values)) throw wrong(`entities.${name}`, 'a list with one value per entity row', values)
  }
  return entities as Readonly<Record<string, readonly unknown[]>>
}

function flag(body: Readonly<Record<string, unknown>>, field: string): boolean {
  const value = body[field]
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw wrong(field, 'true or false', value)
  return value
}

function wrong(field: string, wanted: string, value: unknown): FeatureStoreError {
  const fault = value === undefined ? `is missing; it is ${wanted}` : `must be ${wanted}, not ${kindOf(value)}`
  return new FeatureStoreError('FTS7002', { message: `"${field}" of the request ${fault}.`, field })
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  const kind = typeof value === 'bigint' ? 'number' : typeof value
  return kind === 'object' ? 'an object' : `a ${kind}`
}
