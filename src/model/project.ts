import type { Registered } from './registered.ts'

/** The name space that all other objects live in; `project` equals `name`. */
export interface Project extends Registered {
  readonly kind: 'project'
}
