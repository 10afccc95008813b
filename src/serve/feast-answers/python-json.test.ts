import { describe, expect, test } from 'vitest'
import { compactJson, dumpedJson, NotJson, parsePythonJson } from './python-json.ts'

describe('JSON is read as Python reads it', () => {
  test('integers of any size are apart from floats, and NaN and infinities are numbers', () => {
    const text = '[1, 1.0, -9223372036854775809, 1e3, NaN, Infinity, -Infinity, true, null, "\\u00e9\\n"]'
    const infinities = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    expect(parsePythonJson(text)).toEqual([
      1n,
      1,
      -9223372036854775809n,
      1000,
      Number.NaN,
      ...infinities,
      true,
      null,
      'é\n',
    ])
  })

  test('names keep their order, also those that look like numbers, and of equal ones the last counts', () => {
    expect(parsePythonJson('{"b":1,"10":2,"a":3,"b":4}')).toEqual(
      new Map([
        ['b', 4n],
        ['10', 2n],
        ['a', 3n],
      ]),
    )
  })

  // Faults and positions are those that Feast's server answered with.
  test.each([
    ['{"a":1,}', 'Expecting property name enclosed in double quotes', 7],
    ['{"a" 1}', "Expecting ':' delimiter", 5],
    ['{"a":1} x', 'Extra data', 8],
    ['{"a":"b', 'Unterminated string starting at', 5],
    ['{"a":"b\\q"}', 'Invalid \\escape', 7],
    ['{"a":"\\u12"}', 'Invalid \\uXXXX escape', 7],
    ['[1 2]', "Expecting ',' delimiter", 3],
    ['{"a":tru}', 'Expecting value', 5],
    ['{"😀":tru}', 'Expecting value', 5],
    ['', 'Expecting value', 0],
  ])('%s is not JSON', (text, fault, position) => {
    expect(() => parsePythonJson(text)).toThrow(new NotJson(fault, position))
    try {
      parsePythonJson(text)
    } catch (error) {
      expect((error as NotJson).position).toBe(position)
    }
  })
})

describe('values are written as Python writes them', () => {
  test('json.dumps puts blanks after commas and colons, and escapes what is not ASCII', () => {
    expect(dumpedJson(parsePythonJson('{"a":[1,2.0,null],"é":"\\u6771"}'))).toBe(
      '{"a": [1, 2.0, null], "\\u00e9": "\\u6771"}',
    )
  })

  test('integers have as many digits as Python reads, and no more', () => {
    expect(parsePythonJson(`-${'9'.repeat(4300)}`)).toBe(-(10n ** 4300n - 1n))
    expect(() => parsePythonJson('9'.repeat(4301))).toThrow(RangeError)
  })

  test('answers are compact, keep their characters, and have no NaN', () => {
    expect(compactJson(parsePythonJson('{"a": [1, 2.0], "é": true}'))).toBe('{"a":[1,2.0],"é":true}')
    expect(() => compactJson(Number.NaN)).toThrow(RangeError)
  })
})
