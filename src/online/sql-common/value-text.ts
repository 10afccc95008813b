import { pythonFloat } from '../../types/python-float.ts'
import { decodeValue } from '../../types/value-codec.ts'

/** Columns that Feast's SQL stores derive from a serialised `Value`. */

/** The `value_text` of a serialised `Value`: Python's `str()` of text, numbers and truth values; null for the rest. */
export function valueText(value: Uint8Array): string | null {
  switch (value[0]) {
    case 0x12: // string_val
    case 0x18: // int32_val
    case 0x20: // int64_val
      return String(decodeValue(value))
    case 0x29: // double_val
    case 0x35: // float_val
      return pythonFloat(Number(decodeValue(value)))
    case 0x38: // bool_val
      return decodeValue(value) === true ? 'True' : 'False'
    default:
      return null
  }
}

/** The `value_num` of a serialised `Value`: numbers, and truth values as 1 and 0. */
export function valueNumber(value: Uint8Array): number | null {
  const kind = value[0]
  const numeric = kind === 0x18 || kind === 0x20 || kind === 0x29 || kind === 0x35 || kind === 0x38
  return numeric ? Number(decodeValue(value)) : null
}
