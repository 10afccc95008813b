import { dummyEntityName } from '../model/entity.ts'
import { type Permission, type PermissionAction, permissionActions } from '../model/permission.ts'
import {
  type RegistryContents,
  type RegistryKind,
  type RegistryObject,
  registryClasses,
} from '../model/registry-contents.ts'
import { hasTags } from './lookup.ts'

/** An object that permissions may cover, with Feast's class of it. */
export interface Resource {
  readonly name: string
  readonly type: string
  readonly kind: RegistryKind
  readonly object: RegistryObject
}

/** Feast's class of each type of a permission, and the kinds of objects that are of it: a stream view is a view. */
export const permissionTypes: Readonly<
  Record<string, { readonly type: string; readonly kinds: readonly RegistryKind[] }>
> = {
  PROJECT: { type: 'Project', kinds: ['projects'] },
  FEATURE_VIEW: { type: 'FeatureView', kinds: ['featureViews', 'streamFeatureViews'] },
  ON_DEMAND_FEATURE_VIEW: { type: 'OnDemandFeatureView', kinds: ['onDemandFeatureViews'] },
  BATCH_FEATURE_VIEW: { type: 'BatchFeatureView', kinds: [] },
  STREAM_FEATURE_VIEW: { type: 'StreamFeatureView', kinds: ['streamFeatureViews'] },
  LABEL_VIEW: { type: 'LabelView', kinds: ['labelViews'] },
  ENTITY: { type: 'Entity', kinds: ['entities'] },
  FEATURE_SERVICE: { type: 'FeatureService', kinds: ['featureServices'] },
  DATA_SOURCE: { type: 'DataSource', kinds: ['dataSources'] },
  VALIDATION_REFERENCE: { type: 'ValidationReference', kinds: ['validationReferences'] },
  SAVED_DATASET: { type: 'SavedDataset', kinds: ['savedDatasets'] },
  PERMISSION: { type: 'Permission', kinds: ['permissions'] },
}

/** What permissions may cover, in Feast's order. */
const securedKinds = [
  'entities',
  'featureViews',
  'onDemandFeatureViews',
  'streamFeatureViews',
  'labelViews',
  'featureServices',
  'dataSources',
  'validationReferences',
  'savedDatasets',
  'permissions',
] as const satisfies readonly RegistryKind[]

/** The objects of a project that permissions may cover, kind by kind in Feast's order. */
export function resourcesOf(own: RegistryContents): readonly Resource[] {
  return securedKinds.flatMap((kind) =>
    own[kind]
      .filter((object) => object.name !== dummyEntityName)
      .map((object) => ({ name: object.name, type: registryClasses[kind], kind, object })),
  )
}

/** True when the permission is about this object: its type, one of the name patterns, and all required tags. */
export function covers(permission: Permission, resource: Resource): boolean {
  const ofType = permission.types.some((type) => permissionTypes[type]?.kinds.includes(resource.kind))
  if (!ofType) return false
  const { namePatterns, requiredTags } = permission
  if (namePatterns.length > 0 && !namePatterns.some((pattern) => matches(pattern, resource.name))) return false
  return hasTags(resource.object, requiredTags)
}

/** A pattern covers the whole name. One that JavaScript cannot read is a plain name. */
function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 's').test(name)
  } catch {
    return pattern === name
  }
}

/** What nobody has said anything about: anybody may do it, or nobody, as the server is set up. */
export function unsecuredActions(permissions: readonly Permission[], resource: Resource): readonly PermissionAction[] {
  const secured = new Set(permissions.filter((each) => covers(each, resource)).flatMap((each) => each.actions))
  return permissionActions.filter((action) => !secured.has(action))
}

/** What somebody with this role, and no group or namespace, may do. One permission that grants it is enough. */
export function actionsOfRole(
  permissions: readonly Permission[],
  resource: Resource,
  role: string,
): readonly PermissionAction[] {
  const granting = permissions.filter(
    (each) =>
      covers(each, resource) &&
      (each.policy === null ||
        each.policy.kind === 'allowAll' ||
        (each.policy.kind === 'role' && each.policy.roles.includes(role))),
  )
  const granted = new Set(granting.flatMap((each) => each.actions))
  return permissionActions.filter((action) => granted.has(action))
}

/** The roles that permissions name, sorted. */
export function rolesOf(permissions: readonly Permission[]): readonly string[] {
  const roles = permissions.flatMap(({ policy }) => (policy?.kind === 'role' ? policy.roles : []))
  return [...new Set(roles)].sort()
}
