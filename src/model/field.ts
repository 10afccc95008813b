import type { DataType } from '../types/data-type.ts'

/** A named, typed column: a feature, a join key column of a view, or an input of a request source. */
export interface Field<Name extends string = string, T extends DataType = DataType> {
  readonly name: Name
  readonly type: T
  readonly description: string
  readonly tags: Tags
  readonly vectorIndex: boolean
  /** Number of elements of the vectors; 0 when not a vector. */
  readonly vectorLength: number
  readonly vectorSearchMetric: string
}

export type Tags = Readonly<Record<string, string>>

/** A field with nothing but a name and a type. */
export function plainField<Name extends string, T extends DataType>(name: Name, type: T): Field<Name, T> {
  return { name, type, description: '', tags: {}, vectorIndex: false, vectorLength: 0, vectorSearchMetric: '' }
}
