import { type Duration, days } from '../base/instant.ts'
import type { DataSource } from '../model/data-source.ts'
import type { Entity } from '../model/entity.ts'
import type { FeatureView } from '../model/feature-view.ts'
import type { Transformation } from '../model/transformation.ts'
import { define } from './definition.ts'
import { type CallSite, callSite, definitionError } from './place.ts'
import type { FeaturesOfSchema, JoinKeyOf, KeysOf, NoColumns, SchemaInput, Typed } from './row-types.ts'
import { type SelectionMethods, viewMethods } from './selection.ts'
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

/** A feature view whose keys and features the compiler knows. */
export interface FeatureViewDefinition<Name extends string, Keys, Features>
  extends FeatureView,
    SelectionMethods<Name, Keys, NoColumns, Features>,
    Typed<Name, Keys, NoColumns, Features> {
  readonly name: Name
}

export interface FeatureViewOptions<E, S> extends ViewOptions<E, S>, SourcedOptions {
  /** A source of rows, or the views that this one is made from; none for a view that is only written to. */
  readonly source?: DataSource | FeatureView | readonly FeatureView[]
  /** Where the rows of a view made from views are kept. */
  readonly sinkSource?: DataSource
  /** How old a value may be, both bounds included; zero or null for any age. Default zero. */
  readonly ttl?: Duration | null
  /** Whether values are written to the online store. Default true. */
  readonly online?: boolean
  /** Whether pushed values are written to the offline store. Default false. */
  readonly offline?: boolean
  readonly mode?: string
  readonly enableValidation?: boolean
}

type DefinedView<Name extends string, E extends readonly Entity[], S> = FeatureViewDefinition<
  Name,
  KeysOf<E, S>,
  FeaturesOfSchema<S, JoinKeyOf<E>>
>

/**
 * Features that are computed elsewhere and found in a source.
 * @throws FTS2001 for a bad name, FTS2002 for an unknown option, FTS2003 for two entities with one join key, FTS2004
 * when the schema and an entity disagree about a type, FTS2005 for a column that is mapped away, FTS2008 for a source
 * that cannot serve, FTS2010 for a bad version, FTS2011 for two indexed vectors.
 */
export function featureView<
  const Name extends string,
  const E extends readonly Entity[] = readonly [],
  const S extends SchemaInput = SchemaInput,
>(name: Name, options: FeatureViewOptions<E, S>): DefinedView<Name, E, S> {
  const site = callSite(featureView)
  const model = viewModel('feature view', name, options, ['sinkSource', ...sourcedOptionNames], site)
  const from = sourceOf(name, options, site)
  const schema = Object.keys(options.schema ?? {})
  return define<DefinedView<Name, E, S>>(
    {
      ...model,
      kind: 'featureView',
      ttl: ttlOf(name, options.ttl, days(0), site),
      ...sourcedModel(name, from.source, schema, options, site),
      mode: options.mode ?? '',
      transformation: null,
      sourceViews: from.views.map((view) => view.name),
      intervals: [],
    } satisfies FeatureView as FeatureView as DefinedView<Name, E, S>,
    site,
    [...(options.entities ?? []), from.source, ...from.views],
    viewMethods,
  )
}

export interface BatchFeatureViewOptions<E, S> extends FeatureViewOptions<E, S> {
  /** How old a value may be. Default: any age. */
  readonly ttl?: Duration | null
  /** Default false. */
  readonly online?: boolean
  /** The language of the transformation. Default `python`, as in Feast. */
  readonly mode?: string
  /** What the compute engine does with the rows of the source, such as a SQL text. */
  readonly transformation?: Transformation
}

const batchSourceKinds = [
  'file',
  'bigquery',
  'redshift',
  'snowflake',
  'spark',
  'trino',
  'athena',
  'custom',
] as const satisfies readonly DataSource['kind'][]

/** Features that a compute engine makes from a batch source. @throws As {@link featureView}. */
export function batchFeatureView<
  const Name extends string,
  const E extends readonly Entity[] = readonly [],
  const S extends SchemaInput = SchemaInput,
>(name: Name, options: BatchFeatureViewOptions<E, S>): DefinedView<Name, E, S> {
  const site = callSite(batchFeatureView)
  const own = ['sinkSource', 'transformation', ...sourcedOptionNames]
  const model = viewModel('batch feature view', name, options, own, site)
  const from = sourceOf(name, options, site)
  if (from.source === null && options.transformation === undefined) {
    throw definitionError('FTS2008', site, {
      message: `The batch feature view "${name}" has neither a source nor a transformation.`,
      mark: name,
      field: 'source',
    })
  }
  if (from.source !== null) requireSourceKind(name, from.source, batchSourceKinds, site)
  const schema = Object.keys(options.schema ?? {})
  return define<DefinedView<Name, E, S>>(
    {
      ...model,
      kind: 'featureView',
      ttl: ttlOf(name, options.ttl, null, site),
      ...sourcedModel(name, from.source, schema, { ...options, online: options.online ?? false }, site),
      mode: options.mode ?? 'python',
      transformation: options.transformation ?? null,
      sourceViews: from.views.map((view) => view.name),
      intervals: [],
    } satisfies FeatureView as FeatureView as DefinedView<Name, E, S>,
    site,
    [...(options.entities ?? []), from.source, ...from.views],
    viewMethods,
  )
}

/** The source of rows, and the views that a view is made from. @throws FTS2007, FTS2008. */
function sourceOf(
  name: string,
  options: FeatureViewOptions<readonly Entity[], SchemaInput>,
  site: CallSite,
): { readonly source: DataSource | null; readonly views: readonly FeatureView[] } {
  const { source, sinkSource } = options
  if ('source' in options) requireDefinitions(`source of "${name}"`, [source].flat(), site)
  if (source === undefined) return { source: null, views: [] }
  const isViews = (value: typeof source): value is readonly FeatureView[] => Array.isArray(value)
  if (!isViews(source) && source.kind !== 'featureView') return { source, views: [] }
  if (sinkSource === undefined) {
    throw definitionError('FTS2008', site, {
      message: `The view "${name}" is made from other views but has no sinkSource that keeps its rows.`,
      mark: 'source',
      field: 'sinkSource',
    })
  }
  return { source: sinkSource, views: isViews(source) ? source : [source] }
}
