import type { Registered } from './registered.ts'

/** The name space that all other objects live in; `project` equals `name`. */
export interface Project extends Registered {
  readonly kind: 'project'
}

/** Letters, digits, underscores and hyphens, neither of the last two in front. */
export function isProjectName(name: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N}_-]*$/u.test(name)
}
