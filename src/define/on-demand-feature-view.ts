import type { DataSource, RequestSource } from '../model/data-source.ts'
import type { Entity } from '../model/entity.ts'
import type {
  Aggregation,
  FeatureView,
  OnDemandFeatureView,
  OnDemandSource,
  StreamFeatureView,
} from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import type { OnDemandFunction } from '../model/transformation.ts'
import { typescriptMode, typescriptTransformation } from '../model/typescript-transformation.ts'
import { define } from './definition.ts'
import { type CallSite, callSite, definitionError } from './place.ts'
import type {
  FeaturesOfSchema,
  JoinKeyOf,
  KeysOf,
  KeysOfAll,
  RequestOfAll,
  RowOf,
  RowOfSchema,
  SchemaInput,
  Typed,
} from './row-types.ts'
import { projectionOf, type SelectionMethods, viewMethods } from './selection.ts'
import { requireName } from './validate.ts'
import { requireDefinitions, type ViewOptions, viewModel } from './view.ts'

/** What an on-demand view reads: views, selections of views, other on-demand views and values of the request. */
export type OnDemandInput =
  | FeatureView
  | StreamFeatureView
  | OnDemandFeatureView
  | FeatureViewProjection
  | RequestSource

export type OnDemandInputs = Readonly<Record<string, OnDemandInput>>

/** An on-demand view whose inputs and features the compiler knows. */
export interface OnDemandFeatureViewDefinition<Name extends string, Keys, Request, Features>
  extends OnDemandFeatureView,
    SelectionMethods<Name, Keys, Request, Features>,
    Typed<Name, Keys, Request, Features> {
  readonly name: Name
}

/** One row of each source. Features are nullable, values of the request are not. */
export type InputRows<I> = { readonly [K in keyof I]: RowOf<I[K]> }

/** The columns of each source; all have one length. */
export type InputColumns<I> = {
  readonly [K in keyof I]: { readonly [C in keyof RowOf<I[K]>]: readonly RowOf<I[K]>[C][] }
}

type OutputValue<T> = T extends bigint ? bigint | number : T

/** What a function returns for a row: every feature of the schema, or null for it. */
export type OutputRow<S> = { readonly [C in keyof RowOfSchema<S>]: OutputValue<RowOfSchema<S>[C]> | null }

/** What a function returns for columns: arrays as long as those that came in. */
export type OutputColumns<S> = { readonly [C in keyof RowOfSchema<S>]: readonly OutputRow<S>[C][] }

interface SharedOptions<I, S, E> extends ViewOptions<E, S> {
  /** Inputs of the function, under the names that it knows them by. */
  readonly sources: I
  /** The features that the function computes. */
  readonly schema: S
  /** Whether values are computed when they are written, and stored. Needs entities. Default false. */
  readonly writeToOnlineStore?: boolean
  readonly aggregations?: readonly Aggregation[]
}

export type OnDemandFeatureViewOptions<I, S, E> = SharedOptions<I, S, E> &
  (
    | {
        /** Computes one row. Runs the same in historical and in online reads; must not depend on anything else. */
        readonly transform: (inputs: InputRows<I>) => OutputRow<S>
        readonly transformColumns?: never
      }
    | {
        readonly transform?: never
        /** Computes many rows at once: `values[i]` of every column belongs to row `i`. */
        readonly transformColumns: (inputs: InputColumns<I>) => OutputColumns<S>
      }
  )

type DefinedOnDemand<
  Name extends string,
  I extends OnDemandInputs,
  S extends SchemaInput,
  E extends readonly Entity[],
> = OnDemandFeatureViewDefinition<
  Name,
  KeysOfAll<I[keyof I]> & KeysOf<E, S>,
  RequestOfAll<I[keyof I]>,
  FeaturesOfSchema<S, JoinKeyOf<E>>
>

const ownOptionNames = ['sources', 'transform', 'transformColumns', 'writeToOnlineStore', 'aggregations']

/**
 * Features that a function computes from other features and from values of the request, each time they are read.
 * @throws FTS2001 for a bad name, FTS2002 for an unknown option, FTS2003, FTS2004, FTS2010 and FTS2011 as feature
 * views, FTS2016 without sources or function, or with `writeToOnlineStore` and no entities.
 */
export function onDemandFeatureView<
  const Name extends string,
  const I extends OnDemandInputs,
  const S extends SchemaInput,
  const E extends readonly Entity[] = readonly [],
>(name: Name, options: OnDemandFeatureViewOptions<I, S, E>): DefinedOnDemand<Name, I, S, E> {
  const site = callSite(onDemandFeatureView)
  const model = viewModel('on-demand feature view', name, options, ownOptionNames, site)
  const live = liveFunction(name, options, site)
  const inputs = Object.entries(options.sources ?? {})
  requireInputs(name, inputs, site)
  if (options.writeToOnlineStore === true && model.entities.length === 0) {
    throw definitionError('FTS2016', site, {
      message: `The on-demand view "${name}" is written to the online store but has no entities to find its values by.`,
      mark: 'writeToOnlineStore',
      field: 'entities',
    })
  }
  return define<DefinedOnDemand<Name, I, S, E>>(
    {
      ...model,
      kind: 'onDemandFeatureView',
      sources: Object.fromEntries(inputs.map(([input, source]) => [input, sourceModel(source)])),
      transformation: typescriptTransformation(name, live.text),
      function: live.function,
      mode: typescriptMode,
      writeToOnlineStore: options.writeToOnlineStore ?? false,
      singleton: live.function.over === 'rows',
      aggregations: [...(options.aggregations ?? [])],
    } satisfies OnDemandFeatureView as OnDemandFeatureView as DefinedOnDemand<Name, I, S, E>,
    site,
    [...(options.entities ?? []), ...inputs.map(([, source]) => source)],
    viewMethods,
  )
}

function liveFunction(
  name: string,
  options: { readonly transform?: unknown; readonly transformColumns?: unknown },
  site: CallSite,
): { readonly function: OnDemandFunction; readonly text: string } {
  const { transform, transformColumns } = options
  const run = transform ?? transformColumns
  if (typeof run !== 'function' || (transform !== undefined && transformColumns !== undefined)) {
    throw definitionError('FTS2016', site, {
      message: `The on-demand view "${name}" needs one function: either transform or transformColumns.`,
      mark: name,
      field: 'transform',
    })
  }
  // The compiler has checked the function against sources and schema; beyond this point columns are dynamic.
  const over = transform === undefined ? 'columns' : 'rows'
  return { function: { over, run } as unknown as OnDemandFunction, text: run.toString() }
}

function requireInputs(name: string, inputs: readonly (readonly [string, OnDemandInput])[], site: CallSite): void {
  if (inputs.length === 0) {
    throw definitionError('FTS2016', site, {
      message: `The on-demand view "${name}" has no sources.`,
      mark: 'sources',
      field: 'sources',
    })
  }
  for (const [input, source] of inputs) {
    requireName('source of an on-demand view', input, site)
    requireDefinitions(`source "${input}" of "${name}"`, [source], site)
  }
}

function sourceModel(source: OnDemandInput): OnDemandSource {
  if (!('kind' in source)) return { kind: 'view', projection: { ...source } }
  if (source.kind === 'request') return { kind: 'request', source: source satisfies DataSource }
  return { kind: 'view', projection: projectionOf(source) }
}
