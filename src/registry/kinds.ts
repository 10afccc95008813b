import type { RegistryContents, RegistryKind } from '../model/registry-contents.ts'

/** The kinds that a feature repository defines, in the order in which Feast compares and reports them. */
export const definedKinds = [
  'projects',
  'dataSources',
  'entities',
  'featureViews',
  'onDemandFeatureViews',
  'streamFeatureViews',
  'labelViews',
  'featureServices',
  'permissions',
] as const satisfies readonly RegistryKind[]

export type DefinedKind = (typeof definedKinds)[number]

/** What a registry should hold of one project: complete objects, with every type known and every reference checked. */
export type DesiredObjects = Readonly<Pick<RegistryContents, DefinedKind>>
