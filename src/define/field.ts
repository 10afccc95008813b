import { didYouMean } from '../base/suggest.ts'
import type { Field, Tags } from '../model/field.ts'
import { type DataType, scalarTypes } from '../types/data-type.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import { type CallSite, definitionError } from './place.ts'

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

/** The model of a schema, in the order in which it is written. @throws FTS2017 for a column without a type. */
export function fieldsOfSchema(
  schema: Readonly<Record<string, DataType | FieldSpec>>,
  site: CallSite,
): readonly Field[] {
  return Object.entries(schema).map(([name, column]) => {
    const spec: FieldSpec = isObject(column) && 'type' in column ? column : { type: column }
    requireType(name, spec.type, site)
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

/** JavaScript has no compiler that would say so. @throws FTS2017 */
export function requireType(name: string, type: unknown, site: CallSite): void {
  if (isObject(type) && 'kind' in type) return
  const near = typeof type === 'string' ? didYouMean(type, Object.keys(scalarTypes)) : undefined
  throw definitionError('FTS2017', site, {
    message: `The type of "${name}" is ${JSON.stringify(type)}, not one of the types of feast-ts.`,
    mark: typeof type === 'string' ? type : name,
    hint: near === undefined ? undefined : `import { ${near} } from "feast-ts", and use it without quotes`,
    field: name,
  })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
