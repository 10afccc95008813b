import { suggestion, suggestionHint } from '../base/suggest.ts'
import { batchSourceOf, type DataSource } from '../model/data-source.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import type { FeatureViewProjection } from '../model/feature-view-projection.ts'
import { type Field, plainField } from '../model/field.ts'
import { versionNumber } from '../model/version-number.ts'
import { invalid } from '../types/data-type.ts'
import { define } from './definition.ts'
import { type CallSite, callSite, definitionError } from './place.ts'
import type { MapKeys, Typed } from './row-types.ts'
import { requireName, reservedInViewNames } from './validate.ts'

/** A view as somebody uses it: some of its features, perhaps under another name and with other key columns. */
export interface FeatureViewSelection<Name extends string, Keys, Request, Row>
  extends FeatureViewProjection,
    SelectionMethods<Name, Keys, Request, Row>,
    Typed<Name, Keys, Request, Row> {}

export interface SelectionMethods<Name extends string, Keys, Request, Row> {
  /**
   * The same with these features only, in this order.
   * @throws FTS2104 for a feature that the view does not have.
   */
  select<const F extends keyof Row & string>(
    ...features: readonly F[]
  ): FeatureViewSelection<Name, Keys, Request, Pick<Row, F>>
  /** The same under another name, which full feature names begin with. @throws FTS2001 for a bad name. */
  withName<const N extends string>(name: N): FeatureViewSelection<N, Keys, Request, Row>
  /**
   * The same with other key columns: join key of the view to column of the entity rows.
   * @throws FTS2107 for a key that the view does not join on.
   */
  withJoinKeyMap<const M extends { readonly [K in keyof Keys]?: string }>(
    joinKeyMap: M,
  ): FeatureViewSelection<Name, MapKeys<Keys, M>, Request, Row>
}

/** What the methods of a projection need to know of its view. */
interface Projected {
  readonly projection: FeatureViewProjection
  readonly view: AnyFeatureView
}

/** The projection of a whole view. */
export function projectionOf(view: AnyFeatureView): FeatureViewProjection {
  return {
    viewName: view.name,
    alias: '',
    features: view.features,
    joinKeyMap: {},
    version: versionNumber(view.version) ?? null,
    ...projectedSource(view),
  }
}

type ProjectedSource = Omit<FeatureViewProjection, 'viewName' | 'alias' | 'features' | 'joinKeyMap' | 'version'>

/** What a projection repeats of where the rows of its view are. */
export function projectedSource(view: AnyFeatureView): ProjectedSource {
  const batchSource = batchSourceOfView(view)
  const created = batchSource?.createdTimestampColumn ?? ''
  return {
    // Feast stores the created column as timestamp_field as well; no reader uses it, and a difference would make Feast
    // see a changed object.
    timestampField: created,
    createdTimestampColumn: created,
    datePartitionColumn: batchSource?.datePartitionColumn ?? '',
    batchSource,
    streamSource: null,
    viewType: view.kind === 'labelView' ? 'labelView' : 'featureView',
  }
}

function batchSourceOfView(view: AnyFeatureView): DataSource | null {
  if (view.kind === 'labelView') return view.source === null ? null : batchSourceOf(view.source)
  return view.kind === 'onDemandFeatureView' ? null : view.batchSource
}

/** The methods of views: each starts from the whole view. */
export const viewMethods: object = methods(function whole(this: AnyFeatureView): Projected {
  return { projection: projectionOf(this), view: this }
})

const projectedView: unique symbol = Symbol('view of a selection')

const selectionMethods: object = methods(function selected(
  this: FeatureViewProjection & { readonly [projectedView]: AnyFeatureView },
): Projected {
  return { projection: this, view: this[projectedView] }
})

function methods(start: (this: never) => Projected): object {
  const begin = (self: unknown): Projected => start.call(self as never)
  return {
    select: function select(this: unknown, ...names: readonly string[]): FeatureViewProjection {
      const { projection, view } = begin(this)
      const site = callSite(select)
      return selection({ ...projection, features: selectedFields(projection, view, names, site) }, view, site)
    },
    withName: function withName(this: unknown, name: string): FeatureViewProjection {
      const { projection, view } = begin(this)
      const site = callSite(withName)
      requireName('feature view', name, site, reservedInViewNames)
      return selection({ ...projection, alias: name }, view, site)
    },
    withJoinKeyMap: function withJoinKeyMap(
      this: unknown,
      joinKeyMap: Readonly<Record<string, string>>,
    ): FeatureViewProjection {
      const { projection, view } = begin(this)
      const site = callSite(withJoinKeyMap)
      requireJoinKeys(view, joinKeyMap, site)
      return selection({ ...projection, joinKeyMap: { ...projection.joinKeyMap, ...joinKeyMap } }, view, site)
    },
  }
}

function selection(projection: FeatureViewProjection, view: AnyFeatureView, site: CallSite): FeatureViewProjection {
  const own = Object.create(selectionMethods, { [projectedView]: { value: view } })
  return define({ ...projection }, site, [view], own)
}

function selectedFields(
  projection: FeatureViewProjection,
  view: AnyFeatureView,
  names: readonly string[],
  site: CallSite,
): readonly Field[] {
  // Without a schema nothing is known yet; apply finds the types and refuses what is not there.
  if (view.features.length === 0) return names.map((name) => plainField(name, invalid))
  return [...new Set(names)].map((name) => {
    const field = projection.features.find((each) => each.name === name)
    if (field !== undefined) return field
    const known = projection.features.map((each) => each.name)
    throw definitionError('FTS2104', site, {
      message: `The view "${view.name}" has no feature "${name}".${suggestion(name, known)}`,
      mark: name,
      hint: suggestionHint(name, known),
      notes: [`features of ${view.name}: ${known.join(', ')}`],
      field: 'features',
    })
  })
}

function requireJoinKeys(view: AnyFeatureView, joinKeyMap: Readonly<Record<string, string>>, site: CallSite): void {
  const keys = view.entityColumns.map((column) => column.name)
  for (const [key, column] of Object.entries(joinKeyMap)) {
    requireName('join key column', column, site)
    if (keys.includes(key)) continue
    throw definitionError('FTS2107', site, {
      message: `The view "${view.name}" does not join on "${key}".${suggestion(key, keys)}`,
      mark: key,
      notes: [`join keys of ${view.name}: ${keys.join(', ') || 'none'}`],
      field: 'joinKeyMap',
    })
  }
}
