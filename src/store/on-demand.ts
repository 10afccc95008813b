import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Field } from '../model/field.ts'
import type { FeatureColumns, OnDemandFunction } from '../model/transformation.ts'
import { typescriptMode } from '../model/typescript-transformation.ts'
import type {
  ResolvedFeatures,
  ResolvedOnDemandSource,
  ResolvedOnDemandView,
  ResolvedView,
} from '../registry/resolved-features.ts'
import { type OnDemandInput, runOnDemand } from '../transform/run-on-demand.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import type { StoreContext } from './store-context.ts'

/** The live functions of a request, by the name of the view in the registry. */
export type OnDemandFunctions = ReadonlyMap<string, OnDemandFunction>

/**
 * Finds the function of every on-demand view of a request: among those that came with the request, else in the user's
 * own definitions. What a registry holds is never run.
 * @throws FTS2301 for a function in another language, FTS2302 when there is none.
 */
export async function findOnDemandFunctions(
  context: Pick<StoreContext, 'onDemandFunction'>,
  resolved: ResolvedFeatures,
  given: OnDemandFunctions = new Map(),
): Promise<OnDemandFunctions> {
  const functions = new Map<string, OnDemandFunction>()
  for (const { view } of resolved.onDemandViews) {
    const mode = view.transformation.mode
    const found = given.get(view.name) ?? (await context.onDemandFunction(view.name))
    if (found === undefined && mode !== typescriptMode) {
      throw new FeatureStoreError('FTS2301', {
        message: `The on-demand view "${view.name}" has a function of mode "${mode}". Python functions are kept in the registry but not run by this version.`,
        notes: [
          'features of other views can be read; leave this view out of the request',
          'an on-demand view of that name in the definitions of this program stands in for it, with a function in TypeScript',
        ],
      })
    }
    if (found === undefined) {
      throw new FeatureStoreError('FTS2302', {
        message: `The function of the on-demand view "${view.name}" is not in the definitions of this program.`,
        notes: [
          `pass the view itself in the request, or openStore(path, { definitions: [${view.name}] })`,
          'a store opened in its feature repository finds the function in the definition files',
        ],
      })
    }
    functions.set(view.name, found)
  }
  return functions
}

/** Where the inputs of a batch come from. Each column has `rowCount` values, null where there is none. */
export interface OnDemandInputs {
  readonly rowCount: number
  readonly feature: (view: ResolvedView, field: Field) => readonly unknown[]
  readonly request: (field: Field) => readonly unknown[]
}

/** A requested output of an on-demand view: a column of the result. */
export interface OnDemandOutput {
  readonly name: string
  readonly field: Field
  readonly view: ResolvedOnDemandView
  readonly values: readonly FeatureValue[]
}

/**
 * Runs the on-demand views of a request over one batch, each after those that it needs.
 *
 * Shape: the requested outputs in the order of {@link ResolvedFeatures.outputs}, each with `rowCount` values.
 * @throws FTS2303 to FTS2308, see {@link runOnDemand}.
 */
export function computeOnDemand(
  resolved: ResolvedFeatures,
  functions: OnDemandFunctions,
  inputs: OnDemandInputs,
): readonly OnDemandOutput[] {
  const computed = new Map<ResolvedOnDemandView, FeatureColumns>()
  for (const view of resolved.onDemandViews) {
    const call = functions.get(view.view.name)
    if (call === undefined) continue
    const sources = Object.entries(view.sources).map(([name, source]) => [name, columnsOf(source, inputs, computed)])
    computed.set(
      view,
      runOnDemand({
        name: view.name,
        function: call,
        rowCount: inputs.rowCount,
        inputs: Object.fromEntries(sources),
        outputs: view.features.map((feature) => feature.field),
      }),
    )
  }
  return onDemandOutputs(resolved).map((output) => ({
    ...output,
    values: computed.get(output.view)?.[output.field.name] ?? [],
  }))
}

/** The requested outputs of on-demand views, in column order, without values. */
export function onDemandOutputs(resolved: ResolvedFeatures): readonly Omit<OnDemandOutput, 'values'>[] {
  const byName = new Map(
    resolved.onDemandViews.flatMap((view) =>
      view.features.flatMap(({ field, output }) => (output === null ? [] : [[output, { name: output, field, view }]])),
    ),
  )
  return resolved.outputs.flatMap((name) => byName.get(name) ?? [])
}

function columnsOf(
  source: ResolvedOnDemandSource,
  inputs: OnDemandInputs,
  computed: ReadonlyMap<ResolvedOnDemandView, FeatureColumns>,
): readonly OnDemandInput[] {
  switch (source.kind) {
    case 'request':
      return source.fields.map((field) => ({ field, values: inputs.request(field) }))
    case 'view':
      return source.fields.map((field) => ({ field, values: inputs.feature(source.view, field) }))
    case 'onDemand':
      return source.fields.map((field) => ({ field, values: computed.get(source.view)?.[field.name] ?? [] }))
  }
}
