import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { OnlineEntityInput } from '../store/entity-columns.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import type { OnlineResponse } from '../store/online-response.ts'

/** A request for online features as a client sent it, checked. */
export interface OnlineFeaturesBody {
  /** Name of a feature service; it wins over {@link features}, as in Feast. */
  readonly featureService: string | null
  readonly features: readonly string[]
  /** Objects, or columns of equal length by name. */
  readonly entities: OnlineEntityInput
  readonly fullFeatureNames: boolean
}

/** @throws FTS7002 for a field that is missing or of another kind. */
export function featureRequest(body: Readonly<Record<string, unknown>>): OnlineFeaturesBody {
  const { entities, features = [], feature_service: service = null, full_feature_names: full = false } = body
  if (typeof entities !== 'object' || entities === null) {
    throw wrong('entities', 'columns by name, or a list of objects', entities)
  }
  if (!Array.isArray(features) || !features.every((each): each is string => typeof each === 'string')) {
    throw wrong('features', 'a list of references', features)
  }
  if (service !== null && typeof service !== 'string') throw wrong('feature_service', 'a name', service)
  if (typeof full !== 'boolean') throw wrong('full_feature_names', 'true or false', full)
  return { featureService: service, features, entities: entities as OnlineEntityInput, fullFeatureNames: full }
}

/** The number of entity rows of a request. */
export function rowCount({ entities }: OnlineFeaturesBody): number {
  if (Array.isArray(entities)) return entities.length
  for (const values of Object.values(entities)) return Array.isArray(values) ? values.length : 0
  return 0
}

/** The answer to a request. */
export async function readFeatures(
  store: FeatureStore,
  request: OnlineFeaturesBody,
  signal: AbortSignal,
): Promise<OnlineResponse> {
  const { featureService, features, entities, fullFeatureNames } = request
  return store.getOnlineFeatures({
    features: featureService === null ? features : await store.getFeatureService(featureService),
    entities: entities as readonly Readonly<Record<string, never>>[],
    fullFeatureNames,
    signal,
  })
}

function wrong(field: string, wanted: string, value: unknown): FeatureStoreError {
  const found = value === undefined ? 'is missing' : `must be ${wanted}`
  return new FeatureStoreError('FTS7002', { message: `"${field}" of the request ${found}.`, field })
}
