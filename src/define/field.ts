import type { Field, Tags } from '../model/field.ts'
import type { DataType } from '../types/data-type.ts'
import type { FeatureValue } from '../types/feature-value.ts'

/** What a field says besides its type. */
export interface FieldOptions {
  readonly description?: string
  readonly tags?: Tags
  /** True to index the field for vector search; at most one per view. */
  readonly vectorIndex?: boolean
  /** Number of elements of the vectors. */
  readonly vectorLength?: number
  /** Such as `cosine` or `L2`; the store's default when absent. */
  readonly vectorSearchMetric?: string
}

/** A typed field whose name is its key in a schema. */
export interface FieldSpec<T extends FeatureValue = FeatureValue> extends FieldOptions {
  readonly type: DataType<T>
}

/**
 * A field of a schema with more than a type.
 * @example schema: { conv_rate: field(float32, { description: 'accepted / offered', tags: { unit: '1' } }) }
 */
export function field<T extends FeatureValue>(type: DataType<T>, options: FieldOptions = {}): FieldSpec<T> {
  return { ...options, type }
}

/** The model of a schema, in the order in which it is written. */
export function fieldsOfSchema(schema: Readonly<Record<string, DataType | FieldSpec>>): readonly Field[] {
  return Object.entries(schema).map(([name, column]) => {
    const spec: FieldSpec = 'type' in column ? column : { type: column }
    return {
      name,
      type: spec.type,
      description: spec.description ?? '',
      tags: { ...spec.tags },
      vectorIndex: spec.vectorIndex ?? false,
      vectorLength: spec.vectorLength ?? 0,
      vectorSearchMetric: spec.vectorSearchMetric ?? '',
    }
  })
}
