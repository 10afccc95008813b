import { type DataType, string } from '../types/data-type.ts'
import type { Registered } from './registered.ts'

/** Something that features describe, such as a driver, found by one join key. */
export interface Entity extends Registered {
  readonly kind: 'entity'
  readonly joinKey: string
  /** `invalid` until apply infers it from a source. */
  readonly type: DataType
}

/** The name, join key and value that a view without entities is stored under. Source: Feast's dummy entity. */
export const dummyEntityName = '__dummy'
export const dummyJoinKey = '__dummy_id'
export const dummyEntityValue = ''

/** The entity that every registry of Feast holds for views without entities. */
export function dummyEntity(project: string): Entity {
  return {
    kind: 'entity',
    name: dummyEntityName,
    project,
    joinKey: dummyJoinKey,
    type: string,
    description: '',
    tags: {},
    owner: '',
  }
}
