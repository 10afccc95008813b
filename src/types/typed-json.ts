import type { DataType } from './data-type.ts'
import type { FeatureValue } from './feature-value.ts'
import { valueToJsonText } from './json.ts'
import { jsonFloat } from './python-float.ts'

/** {@link valueToJsonText} with floats as Python writes them: `1.0` where the type is a float. */
export function typedJsonText(value: FeatureValue, type: DataType): string {
  if (type.kind === 'scalar') {
    const isFloat = typeof value === 'number' && (type.name === 'float64' || type.name === 'float32')
    return isFloat ? jsonFloat(value) : valueToJsonText(value)
  }
  if (type.kind === 'struct' || !Array.isArray(value)) return valueToJsonText(value)
  return `[${value.map((element: FeatureValue) => typedJsonText(element, type.of)).join(',')}]`
}
