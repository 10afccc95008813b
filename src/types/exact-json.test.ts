import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactJsonText, parseExactJson } from './exact-json.ts'

describe('JSON with all digits', () => {
  it('gives a bigint for an integer that a number cannot hold, and a number for every other', () => {
    const text = '{"a":[9007199254740993,-9223372036854775808,9007199254740991,1,-0.5,1e3],"b":1234567890123456.5}'
    expect(parseExactJson(text)).toEqual({
      a: [9007199254740993n, -9223372036854775808n, 9007199254740991, 1, -0.5, 1000],
      b: 1234567890123456.5,
    })
  })

  it('leaves digits inside of texts and names alone', () => {
    const text = '{"12345678901234567890":"\\"9007199254740993","x":9007199254740993}'
    expect(parseExactJson(text)).toEqual({ '12345678901234567890': '"9007199254740993', x: 9007199254740993n })
  })

  it.each(['0012345678901234567890', '[12345678901234567890,]', '-', '{"a":12345678901234567890'])(
    'refuses %s',
    (text) => {
      expect(() => parseExactJson(text)).toThrow(SyntaxError)
    },
  )

  it('reads back every value that it writes', () => {
    const exact = fc.letrec((tie) => ({
      value: fc.oneof(fc.string(), fc.integer(), fc.bigInt().filter(beyond), fc.boolean(), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    })).value
    fc.assert(
      fc.property(exact, (value) => {
        expect(parseExactJson(exactJsonText(value))).toEqual(value)
      }),
    )
  })

  it('writes NaN and infinities as Feast reads them', () => {
    expect(exactJsonText([Number.NaN, Number.POSITIVE_INFINITY, -1 / 0])).toBe('["NaN","Infinity","-Infinity"]')
  })

  it('writes bytes as base64, sets as lists and maps as objects, at any depth', () => {
    const bytes = Uint8Array.of(0, 255, 7)
    const deep = { list: [bytes, Buffer.from(bytes)], set: new Set([1n, 'a']), map: new Map([['bytes', { bytes }]]) }
    expect(exactJsonText({ df: { x: [deep, undefined, null] } })).toBe(
      '{"df":{"x":[{"list":["AP8H","AP8H"],"set":[1,"a"],"map":{"bytes":{"bytes":"AP8H"}}},null,null]}}',
    )
  })
})

const beyond = (value: bigint): boolean => !Number.isSafeInteger(Number(value))

it('text takes time in proportion to its length, also when a string of escaped quotes has no end', () => {
  const started = performance.now()
  const open = `{"id": 9007199254740993, "name": "${'\\"'.repeat(150_000)}`
  expect(() => parseExactJson(open)).toThrow(SyntaxError)
  expect(performance.now() - started).toBeLessThan(5000)
})

it('a string may be as long as it likes beside a long integer', () => {
  const name = 'x'.repeat(12_000_000)
  expect(parseExactJson(`{"name": "${name}", "id": 9007199254740993}`)).toEqual({ name, id: 9007199254740993n })
})

it('digits that no number has are infinite, as they are for JSON.parse, and no work', () => {
  expect(parseExactJson('9'.repeat(2_000_000))).toBe(Number.POSITIVE_INFINITY)
})
