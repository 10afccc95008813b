import { Instant } from '../base/instant.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import { valueToJsonText } from '../types/json.ts'

/** A value in a cell of a table: texts as they are, times as ISO text, the rest as JSON. */
export function valueCell(value: FeatureValue): string {
  if (typeof value === 'string') return value
  return value instanceof Instant ? value.toString() : valueToJsonText(value)
}
