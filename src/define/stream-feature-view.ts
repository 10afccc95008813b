import { type Duration, days, minutes } from '../base/instant.ts'
import type { DataSource } from '../model/data-source.ts'
import type { Entity } from '../model/entity.ts'
import type { Aggregation, LabelView, StreamFeatureView } from '../model/feature-view.ts'
import type { Transformation } from '../model/transformation.ts'
import { define } from './definition.ts'
import { type CallSite, callSite, definitionError } from './place.ts'
import type { FeaturesOfSchema, JoinKeyOf, KeysOf, NoColumns, SchemaInput, Typed } from './row-types.ts'
import { type SelectionMethods, viewMethods } from './selection.ts'
import { commonOptionNames, requireKnownOptions } from './validate.ts'
import {
  requireDefinitions,
  requireSourceKind,
  type SourcedOptions,
  sourcedModel,
  sourcedOptionNames,
  ttlOf,
  type ViewOptions,
  viewModel,
} from './view.ts'

export interface AggregationOptions {
  readonly column: string
  /** `sum`, `count`, `mean`, `min`, `max`, `std`, `var`, `count_distinct` … */
  readonly function: string
  /** The whole history when absent. */
  readonly timeWindow?: Duration
  /** The time window itself when absent. */
  readonly slideInterval?: Duration
  /** Function, column and window in seconds when absent. */
  readonly name?: string
}

/** An aggregation over a window of a stream. */
export function aggregation(options: AggregationOptions): Aggregation {
  const { column, timeWindow = null, slideInterval = timeWindow, name = '' } = options
  return { column, function: options.function, timeWindow, slideInterval, name }
}

/** A stream feature view whose keys and features the compiler knows. */
export interface StreamFeatureViewDefinition<Name extends string, Keys, Features>
  extends StreamFeatureView,
    SelectionMethods<Name, Keys, NoColumns, Features>,
    Typed<Name, Keys, NoColumns, Features> {
  readonly name: Name
}

export interface StreamFeatureViewOptions<E, S> extends ViewOptions<E, S>, SourcedOptions {
  readonly source: DataSource
  /** How old a value may be, both bounds included; zero for any age. Default zero. */
  readonly ttl?: Duration | null
  readonly mode?: string
  /** The column of the stream that aggregations take the time from. */
  readonly timestampField?: string
  readonly aggregations?: readonly Aggregation[]
  readonly transformation?: Transformation
  /** Whether windows are put together from tiles. Default false. */
  readonly enableTiling?: boolean
  /** Length of a tile. Default five minutes. */
  readonly tilingHopSize?: Duration
}

/** Feast can not load a stream feature view of another source: not even of Kinesis. */
const streamSourceKinds = ['push', 'kafka', 'custom'] as const satisfies readonly DataSource['kind'][]

/**
 * Features that are computed from a stream.
 * @throws As featureView, and FTS2012 for aggregations without a time or with tiles longer than a window.
 */
export function streamFeatureView<
  const Name extends string,
  const E extends readonly Entity[] = readonly [],
  const S extends SchemaInput = SchemaInput,
>(
  name: Name,
  options: StreamFeatureViewOptions<E, S>,
): StreamFeatureViewDefinition<Name, KeysOf<E, S>, FeaturesOfSchema<S, JoinKeyOf<E>>> {
  type Defined = StreamFeatureViewDefinition<Name, KeysOf<E, S>, FeaturesOfSchema<S, JoinKeyOf<E>>>
  const site = callSite(streamFeatureView)
  const own = ['timestampField', 'aggregations', 'transformation', 'enableTiling', 'tilingHopSize']
  const model = viewModel('stream feature view', name, options, [...own, ...sourcedOptionNames], site)
  requireDefinitions(`source of "${name}"`, [options.source], site)
  requireSourceKind(name, options.source, streamSourceKinds, site)
  requireAggregations(name, options, site)
  return define<Defined>(
    {
      ...model,
      kind: 'streamFeatureView',
      ttl: ttlOf(name, options.ttl, days(0), site),
      ...sourcedModel(name, options.source, Object.keys(options.schema ?? {}), options, site),
      mode: options.mode ?? 'python',
      timestampField: options.timestampField ?? '',
      aggregations: [...(options.aggregations ?? [])],
      transformation: options.transformation ?? null,
      enableTiling: options.enableTiling ?? false,
      tilingHopSize: options.tilingHopSize ?? null,
      intervals: [],
    } satisfies StreamFeatureView as StreamFeatureView as Defined,
    site,
    [...(options.entities ?? []), options.source],
    viewMethods,
  )
}

function requireAggregations(
  name: string,
  options: StreamFeatureViewOptions<readonly Entity[], SchemaInput>,
  site: CallSite,
): void {
  const aggregations = options.aggregations ?? []
  if (aggregations.length > 0 && (options.timestampField ?? '') === '') {
    throw definitionError('FTS2012', site, {
      message: `The view "${name}" aggregates but has no timestampField that says when its events happened.`,
      mark: 'aggregations',
      field: 'timestampField',
    })
  }
  if (options.enableTiling !== true) return
  const hop = options.tilingHopSize ?? minutes(5)
  const short = aggregations.find((each) => each.timeWindow !== null && each.timeWindow.micros <= hop.micros)
  if (short === undefined) return
  throw definitionError('FTS2012', site, {
    message: `The tiles of "${name}" (${hop}) are not shorter than the window of "${short.column}" (${short.timeWindow}).`,
    mark: options.tilingHopSize === undefined ? 'enableTiling' : 'tilingHopSize',
    field: 'tilingHopSize',
  })
}

/** A label view; its labels are kept and listed. */
export interface LabelViewDefinition<Name extends string = string> extends LabelView {
  readonly name: Name
}

/** Feast's registry keeps neither version, organization nor enabled of a label view. */
export interface LabelViewOptions
  extends Omit<ViewOptions<readonly Entity[], SchemaInput>, 'version' | 'organization' | 'enabled'> {
  readonly source?: DataSource
  /** Zero for labels that never expire. Default zero. */
  readonly ttl?: Duration | null
  readonly online?: boolean
  /** The column that says who gave a label. Default `labeler`. */
  readonly labelerField?: string
  /** Default `LAST_WRITE_WINS`. */
  readonly conflictPolicy?: LabelView['conflictPolicy']
  readonly retainHistory?: boolean
  /** The name of the view whose rows are labelled. */
  readonly referenceFeatureView?: string
}

/** Labels that people or models give. @throws As featureView; FTS2008 without entities. */
export function labelView<const Name extends string>(name: Name, options: LabelViewOptions): LabelViewDefinition<Name> {
  const site = callSite(labelView)
  const own = ['labelerField', 'conflictPolicy', 'retainHistory', 'referenceFeatureView', 'source', 'ttl', 'online']
  requireKnownOptions('label view', options, [...own, 'entities', 'schema', ...commonOptionNames], site)
  const model = viewModel('label view', name, options, own, site)
  if (model.entities.length === 0) {
    throw definitionError('FTS2008', site, {
      message: `The label view "${name}" has no entities, so there is nothing to label.`,
      mark: name,
      field: 'entities',
    })
  }
  return define<LabelViewDefinition<Name>>(
    {
      ...model,
      kind: 'labelView',
      ttl: ttlOf(name, options.ttl, days(0), site),
      source: options.source ?? null,
      online: options.online ?? true,
      labelerField: options.labelerField ?? 'labeler',
      conflictPolicy: options.conflictPolicy ?? 'LAST_WRITE_WINS',
      retainHistory: options.retainHistory ?? false,
      referenceFeatureView: options.referenceFeatureView ?? '',
    },
    site,
    [...(options.entities ?? []), options.source],
  )
}
