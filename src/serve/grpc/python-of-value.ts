import type { Value } from '../../wire/gen/feast/types/Value_pb.ts'
import { plainError } from '../feast-answers/feast-errors.ts'
import type { PythonValue } from '../feast-answers/python-json.ts'

/**
 * What Feast's server makes of a protobuf value in Python: integers and times in seconds are `int`, lists and sets are
 * lists, maps are dictionaries; null and an unset value are None.
 */
export function pythonValue({ val }: Value): PythonValue {
  switch (val.case) {
    case undefined:
    case 'nullVal':
      return null
    case 'int32Val':
      return BigInt(val.value)
    case 'int32ListVal':
    case 'int32SetVal':
      return val.value.val.map(BigInt)
    case 'listVal':
    case 'setVal':
      return val.value.val.map(pythonValue)
    case 'mapVal':
    case 'structVal':
      return dictionary(val.value.val)
    case 'mapListVal':
    case 'structListVal':
      return val.value.val.map((entry) => dictionary(entry.val))
    case 'scalarMapVal':
    case 'zonedTimestampVal':
      throw plainError('FTS5022', `A value of the case ${val.case} cannot be pushed.`)
  }
  return typeof val.value === 'object' && 'val' in val.value ? val.value.val : val.value
}

function dictionary(entries: Readonly<Record<string, Value>>): PythonValue {
  return new Map(Object.entries(entries).map(([name, value]) => [name, pythonValue(value)]))
}
