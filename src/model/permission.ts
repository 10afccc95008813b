import type { Registered } from './registered.ts'

/** Everything that can be done to an object, in Feast's order. */
export const permissionActions = [
  'CREATE',
  'DESCRIBE',
  'UPDATE',
  'DELETE',
  'READ_ONLINE',
  'READ_OFFLINE',
  'WRITE_ONLINE',
  'WRITE_OFFLINE',
] as const

export type PermissionAction = (typeof permissionActions)[number]

/** Who may do what to which objects. Kept and listed; enforced by the servers. */
export interface Permission extends Registered {
  readonly kind: 'permission'
  /** Names of `feast.core.PermissionSpec.Type`. */
  readonly types: readonly string[]
  readonly namePatterns: readonly string[]
  readonly requiredTags: Readonly<Record<string, string>>
  /** Names of `feast.core.PermissionSpec.AuthzedAction`. */
  readonly actions: readonly string[]
  readonly policy: PermissionPolicy | null
}

export type PermissionPolicy =
  | { readonly kind: 'role'; readonly roles: readonly string[] }
  | { readonly kind: 'group'; readonly groups: readonly string[] }
  | { readonly kind: 'namespace'; readonly namespaces: readonly string[] }
  | {
      readonly kind: 'groupAndNamespace'
      readonly groups: readonly string[]
      readonly namespaces: readonly string[]
    }
  | { readonly kind: 'allowAll' }
