import { splitFeatureReference } from '../model/feature-reference.ts'
import type { FeatureService, LoggingConfig, LoggingDestination } from '../model/feature-service.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import { type FeatureViewProjection, projectedName } from '../model/feature-view-projection.ts'
import { plainField } from '../model/field.ts'
import { invalid } from '../types/data-type.ts'
import { define } from './definition.ts'
import { type CallSite, callSite, definitionError } from './place.ts'
import { projectionOf } from './selection.ts'
import { type CommonOptions, commonOptionNames, registered, requireKnownOptions, requireName } from './validate.ts'
import { requireDefinitions } from './view.ts'

/** A view, a selection of one, or a reference such as `view:feature`, `view@v2` or `view`. */
export type FeatureItem = AnyFeatureView | FeatureViewProjection | string

declare const itemsOfService: unique symbol

/** A feature service whose features the compiler knows. */
export interface FeatureServiceDefinition<Name extends string, Items extends readonly FeatureItem[]>
  extends FeatureService {
  readonly name: Name
  /** Exists only for the compiler. */
  readonly [itemsOfService]?: Items
}

/** What a service consists of; unknown for one that the registry gave. */
export type ItemsOfService<S> = S extends { readonly [itemsOfService]?: infer I }
  ? unknown extends I
    ? readonly string[]
    : Exclude<I, undefined>
  : readonly string[]

export interface LoggingOptions {
  /** Share of the requests that are logged, 0 to 1. Default 1. */
  readonly sampleRate?: number
  readonly destination?:
    | Exclude<LoggingDestination, { readonly kind: 'file' }>
    | {
        readonly kind: 'file'
        readonly path: string
        readonly s3EndpointOverride?: string
        readonly partitionBy?: readonly string[]
      }
}

export interface FeatureServiceOptions extends CommonOptions {
  readonly logging?: LoggingOptions
  /** Whether one vector per entity is kept ready for reads. Default false. */
  readonly precomputeOnline?: boolean
}

/**
 * The features of one model version.
 * @throws FTS2001 for a bad name, FTS2002 for an unknown option, FTS2007 for an item that is not there, FTS2015 for a
 * feature listed twice, FTS2017 for a sample rate outside 0 to 1.
 * @example const ranking = featureService('driver_ranking', [driverStats.select('conv_rate'), fare])
 */
export function featureService<const Name extends string, const Items extends readonly FeatureItem[]>(
  name: Name,
  features: Items,
  options: FeatureServiceOptions = {},
): FeatureServiceDefinition<Name, Items> {
  const site = callSite(featureService)
  requireName('feature service', name, site)
  requireKnownOptions('feature service', options, ['logging', 'precomputeOnline', ...commonOptionNames], site)
  const objects = features.filter((item) => typeof item !== 'string')
  requireDefinitions(`feature view of "${name}"`, objects, site)
  const projections = features.map(projectionOfItem)
  requireDistinct(name, projections, site)
  return define<FeatureServiceDefinition<Name, Items>>(
    {
      ...registered(name, options),
      kind: 'featureService',
      projections,
      logging: options.logging === undefined ? null : loggingConfig(name, options.logging, site),
      precomputeOnline: options.precomputeOnline ?? false,
    },
    site,
    objects,
  )
}

/** The projection that an item of a service stands for. */
function projectionOfItem(item: FeatureItem): FeatureViewProjection {
  if (typeof item === 'string') return projectionOfReference(item)
  return 'kind' in item ? projectionOf(item) : { ...item }
}

/** A projection without types, which apply fills in; no feature at all stands for every feature of the view. */
function projectionOfReference(reference: string): FeatureViewProjection {
  const { viewName, version, feature } = splitFeatureReference(reference)
  return {
    viewName,
    alias: '',
    features: feature === null ? [] : [plainField(feature, invalid)],
    joinKeyMap: {},
    timestampField: '',
    createdTimestampColumn: '',
    datePartitionColumn: '',
    batchSource: null,
    streamSource: null,
    version,
    viewType: 'featureView',
  }
}

function requireDistinct(name: string, projections: readonly FeatureViewProjection[], site: CallSite): void {
  const seen = new Set<string>()
  for (const projection of projections) {
    for (const { name: feature } of projection.features) {
      const reference = `${projectedName(projection)}:${feature}`
      if (seen.has(reference)) {
        throw definitionError('FTS2015', site, {
          message: `The feature service "${name}" lists "${reference}" twice.`,
          mark: name,
          notes: ['to join one view twice on different entities, name one of them: view.withName("origin")'],
          field: 'features',
        })
      }
      seen.add(reference)
    }
  }
}

function loggingConfig(name: string, options: LoggingOptions, site: CallSite): LoggingConfig {
  const { sampleRate = 1, destination } = options
  if (!(sampleRate >= 0 && sampleRate <= 1)) {
    throw definitionError('FTS2017', site, {
      message: `The sample rate ${sampleRate} of the feature service "${name}" does not lie between 0 and 1.`,
      mark: 'sampleRate',
      field: 'logging.sampleRate',
    })
  }
  if (destination?.kind !== 'file') return { sampleRate, destination: destination ?? null }
  return { sampleRate, destination: { s3EndpointOverride: '', partitionBy: [], ...destination } }
}
