import type { Tags } from '../model/field.ts'

/** Where the credentials of a source are kept: outside of the registry, which holds only this reference. */
export interface ConnectionRef {
  /** Such as `env`, `kubernetes` or `vault`. */
  readonly provider: string
  /** What the provider knows them by: a prefix of variables, a secret, a path. */
  readonly name: string
  /** Such as a Kubernetes namespace or a region. */
  readonly namespace?: string
  /** The type of the store that is connected to; the one of the source when absent. */
  readonly connectionType?: string
  /** `secret` when absent. */
  readonly authType?: string
  /** Parameters that are no secret, such as an account. */
  readonly params?: Readonly<Record<string, string>>
}

const prefix = 'feast.connection-ref.'
const defaultAuthType = 'secret'

/** Feast keeps the reference in the tags of the source; what has its default is left out. */
export function connectionTags(reference: ConnectionRef | undefined): Tags {
  if (reference === undefined) return {}
  const { provider, name, namespace = '', connectionType = '', authType = '', params = {} } = reference
  const optional: readonly (readonly [string, string])[] = [
    ['namespace', namespace],
    ['connection-type', connectionType],
    ['auth-type', authType === defaultAuthType ? '' : authType],
  ]
  const more = Object.entries(params).map(([key, value]) => [`param.${key}`, value] as const)
  const entries: readonly (readonly [string, string])[] = [
    ['provider', provider],
    ['name', name],
    ...optional.filter(([, value]) => value !== ''),
    ...more,
  ]
  return Object.fromEntries(entries.map(([key, value]) => [`${prefix}${key}`, value]))
}
