import type { GoldenCase, GoldenStep, StepRequest } from './case-file.ts'

/** Views of a request with the features asked for, under the names that results use. */
export interface RequestedView {
  readonly view: string
  readonly prefix: string
  readonly joinKeyMap: Readonly<Record<string, string>>
  readonly features: readonly string[]
}

/** What a historical request asks for, view by view in order of first mention. */
export function requestedViews(goldenCase: GoldenCase, request: StepRequest): RequestedView[] {
  const { features } = request
  if (features === undefined) return []
  if (!('service' in features)) return groupReferences(goldenCase, features)
  const service = goldenCase.definitions.services.find((each) => each.name === features.service)
  return (service?.features ?? []).map(({ view, alias, join_key_map, select }) => ({
    view,
    prefix: alias ?? view,
    joinKeyMap: join_key_map ?? {},
    features: select ?? featuresOf(goldenCase, view),
  }))
}

function groupReferences(goldenCase: GoldenCase, references: readonly string[]): RequestedView[] {
  const views = new Map<string, string[]>()
  for (const reference of references) {
    const colon = reference.indexOf(':')
    const view = colon === -1 ? reference : reference.slice(0, colon)
    const feature = colon === -1 ? undefined : reference.slice(colon + 1)
    const list = views.get(view) ?? []
    list.push(...(feature === undefined ? featuresOf(goldenCase, view) : [feature]))
    views.set(view, list)
  }
  return [...views].map(([view, features]) => ({ view, prefix: view, joinKeyMap: {}, features }))
}

/** All features of a view by its schema. */
export function featuresOf(goldenCase: GoldenCase, name: string): string[] {
  const { views, entities } = goldenCase.definitions
  const view = views.find((each) => each.name === name)
  const keys = entities.filter((each) => view?.entities?.includes(each.name)).flatMap((each) => each.join_keys)
  const outputs = view?.outputs?.map((output) => output.name)
  return (view?.schema?.map((field) => field.name) ?? outputs ?? []).filter((field) => !keys.includes(field))
}

/** The result's name of a feature. */
export function outputName(prefix: string, feature: string, fullFeatureNames: boolean | undefined): string {
  return fullFeatureNames === true ? `${prefix}__${feature}` : feature
}

/** True for a feature that a request does not ask for by name: an input of an on-demand view. */
export function isImplicitColumn(goldenCase: GoldenCase, request: StepRequest, column: string): boolean {
  const asked = requestedViews(goldenCase, request).some(({ prefix, features }) =>
    features.some((feature) => outputName(prefix, feature, request.full_feature_names) === column),
  )
  const known = goldenCase.definitions.views.some(({ name }) =>
    featuresOf(goldenCase, name).some((feature) => feature === column || `${name}__${feature}` === column),
  )
  return known && !asked
}

/** The historical request that a step is about: its own, or the last one before it. */
export function requestBehind(goldenCase: GoldenCase, step: GoldenStep): StepRequest {
  const upTo = goldenCase.steps.slice(0, goldenCase.steps.indexOf(step) + 1)
  return upTo.findLast(({ request }) => request.op === 'historical')?.request ?? step.request
}
