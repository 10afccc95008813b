import {
  type Permission,
  type PermissionAction,
  type PermissionPolicy,
  permissionActions,
} from '../model/permission.ts'
import { define } from './definition.ts'
import { callSite, definitionError } from './place.ts'
import { type CommonOptions, registered, requireKnownOptions, requireName } from './validate.ts'

/** In the order in which Feast stores a permission for everything. */
const permissionTypes = [
  'PROJECT',
  'FEATURE_VIEW',
  'ON_DEMAND_FEATURE_VIEW',
  'BATCH_FEATURE_VIEW',
  'STREAM_FEATURE_VIEW',
  'LABEL_VIEW',
  'ENTITY',
  'FEATURE_SERVICE',
  'DATA_SOURCE',
  'VALIDATION_REFERENCE',
  'SAVED_DATASET',
  'PERMISSION',
] as const

export type PermissionType = (typeof permissionTypes)[number]

/** Feast's registry keeps neither a description nor an owner of a permission. */
export interface PermissionOptions extends Pick<CommonOptions, 'tags'> {
  /** Kinds of objects; all when absent. */
  readonly types?: readonly PermissionType[]
  /** Regular expressions; an object's name matches one of them. Any name when absent. */
  readonly namePatterns?: readonly string[]
  /** Tags that an object must have. */
  readonly requiredTags?: Readonly<Record<string, string>>
  /** All when absent. */
  readonly actions?: readonly PermissionAction[]
  /** Everybody when absent. */
  readonly policy?: PermissionPolicy
}

export interface PermissionDefinition<Name extends string = string> extends Permission {
  readonly name: Name
}

/** Who may do what to which objects. @throws FTS2001, FTS2002; FTS2017 for an empty list of actions. */
export function permission<const Name extends string>(
  name: Name,
  options: PermissionOptions = {},
): PermissionDefinition<Name> {
  const site = callSite(permission)
  requireName('permission', name, site)
  const own = ['types', 'namePatterns', 'requiredTags', 'actions', 'policy']
  requireKnownOptions('permission', options, [...own, 'tags'], site)
  if (options.actions?.length === 0) {
    throw definitionError('FTS2017', site, {
      message: `The permission "${name}" permits no action.`,
      mark: 'actions',
      field: 'actions',
    })
  }
  const types = options.types === undefined || options.types.length === 0 ? permissionTypes : options.types
  return define<PermissionDefinition<Name>>(
    {
      ...registered(name, options),
      kind: 'permission',
      types: [...types],
      namePatterns: [...(options.namePatterns ?? [])],
      requiredTags: { ...options.requiredTags },
      actions: [...(options.actions ?? permissionActions)],
      policy: options.policy ?? { kind: 'allowAll' },
    },
    site,
  )
}
