import { describe, expect, test } from 'vitest'
import {
  array,
  bool,
  type DataType,
  float32,
  float64,
  int32,
  int64,
  json,
  map,
  string,
  unixTimestamp,
} from '../../types/data-type.ts'
import { arrowColumn, frameOf, timesOf } from './feast-frame.ts'
import { valueJson } from './proto-values.ts'
import { type PythonObject, type PythonValue, parsePythonJson } from './python-json.ts'
import { protoValues } from './python-values.ts'

const list = (text: string): readonly PythonValue[] => parsePythonJson(text) as readonly PythonValue[]
const asKeys = (text: string, type: DataType | null): string =>
  protoValues(list(text), type)
    .map((value) => valueJson(value))
    .join(' ')
const pushed = (text: string, type: DataType): string =>
  protoValues(arrowColumn('c', list(text)), type)
    .map((value) => valueJson(value))
    .join(' ')

/** What Feast's server answered with, or read back after a push. */
describe('entity values are converted as in Python', () => {
  test.each([
    ['["1001", " 7 ", "1_000", "+5"]', int64, '1001 7 1000 5'],
    ['[1001.9, -7.9, true, "१००१"]', int64, '1001 -7 1 1001'],
    ['[null, [1], {}]', int64, 'null null null'],
    ['[5, 1.0, true, 1e16]', string, '"5" "1.0" "True" "1e+16"'],
    ['[1, null]', null, '1 null'],
    ['["1", 5]', null, '"1" "5"'],
    ['[1.5]', null, '1.5'],
    ['[null]', null, 'null'],
  ])('%s', (given, type, expected) => {
    expect(asKeys(given, type)).toBe(expected)
  })

  test.each([
    ['["abc"]', int64],
    ['["1001.0"]', int64],
    ['[9223372036854775808]', int64],
    ['[2147483648]', int32],
    ['[1e400]', int64],
    ['[[]]', null],
  ])('%s is refused', (given, type) => {
    expect(() => asKeys(given, type)).toThrow()
  })
})

describe('columns of a frame are converted as by pandas and Arrow', () => {
  test.each([
    ['[1.7]', int64, '1'],
    ['["12"]', int64, '12'],
    ['[9007199254740993, null]', int64, '9007199254740992 null'],
    ['[1, 2.5]', string, '"1.0" "2.5"'],
    ['[true, null]', string, '"True" null'],
    ['[[1, 2.5], []]', array(float32), '[1.0,2.5] []'],
    ['[[1.5, null], null]', array(float32), '[1.5,"NaN"] null'],
    ['[[null]]', array(float32), '[0.0]'],
    ['[["a", null]]', array(string), '["a",""]'],
    ['["1.5", "nan"]', float32, '1.5 "NaN"'],
    ['[1, null]', unixTimestamp, '-9223372036854775808 -9223372036854775808'],
    ['[null, "7"]', unixTimestamp, 'null 7'],
    ['[0, 1, 5]', bool, 'false true true'],
    ['[{"a": 1}, {"b": 2.5}]', map, '{"a":1,"b":null} {"a":null,"b":2.5}'],
    ['[{"a": 1}]', json, '"{\\"a\\": 1}"'],
  ])('%s', (given, type, expected) => {
    expect(pushed(given, type)).toBe(expected)
  })

  test.each([
    ['[[1, 2]]', array(float32)],
    ['[[1.0]]', array(int64)],
    ['[1, "a"]', string],
    ['[true, 1]', int64],
    ['["1.5"]', float64],
    ['[true]', float64],
    ['[1.0]', bool],
    ['[[1, 2]]', json],
    ['[5]', json],
    ['["{bad"]', json],
    ['[[{"a": 1}]]', array(map)],
    ['[{"a": [1, "x"]}]', map],
  ])('%s is refused', (given, type) => {
    expect(() => pushed(given, type)).toThrow()
  })

  test('a single value stands for every row, but not without any list', () => {
    const frame = frameOf(parsePythonJson('{"a":[1,2],"b":"x"}') as PythonObject)
    expect(frame.get('b')).toEqual(['x', 'x'])
    expect(() => frameOf(parsePythonJson('{"a":1}') as PythonObject)).toThrow()
    expect(() => frameOf(parsePythonJson('{"a":[1],"b":[1,2]}') as PythonObject)).toThrow()
  })
})

describe('times of a frame', () => {
  const seconds = (text: string): readonly (number | null)[] =>
    timesOf('t', list(text)).map((micros) => (micros === null ? null : Number(micros) / 1e6))

  test.each([
    ['[1717200000]', [1.7172]],
    ['[1717200000000000000, null]', [1717200000, null]],
    ['["2024-06-01 01:02:03.456789"]', [1717203723.456789]],
    ['["2024-06-01T10:00:00+05:30", "2024-06-02T00:00:00Z"]', [1717216200, 1717286400]],
    ['["20240601"]', [1717200000]],
    ['["06/01/2024"]', [1717200000]],
    ['["13/06/2024"]', [1718236800]],
    ['["1969-12-31T23:59:59.5Z"]', [-0.5]],
  ])('%s', (given, expected) => {
    expect(seconds(given)).toEqual(expected)
  })

  test.each([
    '["2024-06-01","2024-06-02T00:00:00"]',
    '["2024-06-01T00:00:00Z","2024-06-02T00:00:00"]',
    '["2024-06-01T00:00:00","2024-06-02T00:00:00.5"]',
    '["1600-01-01"]',
    '["2300-01-01"]',
    '["2024-02-30"]',
    '["x"]',
    '[true]',
    '[9223372036854775808]',
  ])('%s is refused', (given) => {
    expect(() => seconds(given)).toThrow()
  })
})
