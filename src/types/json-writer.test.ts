import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonWriter } from './json-writer.ts'

const written = (write: (writer: JsonWriter) => void): string => {
  const writer = new JsonWriter()
  write(writer)
  return writer.take().toString()
}

describe('a JSON writer', () => {
  test('writes the digits of every safe integer', () => {
    const whole = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -1000, max: 1000 }))
    fc.assert(fc.property(whole, (value) => written((writer) => writer.whole(value)) === String(value)))
    for (const edge of [0, 9, 10, 999_999_999, 1_000_000_000, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1]) {
      expect(written((writer) => writer.whole(edge))).toBe(String(edge))
    }
  })

  test('repeats a text with commas, any number of times', () => {
    for (let times = 0; times < 70; times++) {
      const wanted = new Array<string>(times).fill('"x"').join(',')
      expect(written((writer) => writer.repeated('"x"', times))).toBe(wanted)
    }
  })

  test('keeps texts of any alphabet and length whole', () => {
    const parts = fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constant('ż'.repeat(30_000))))
    fc.assert(
      fc.property(parts, (texts) => {
        const all = (writer: JsonWriter): void => {
          for (const text of texts) writer.text(text)
        }
        expect(written(all)).toBe(texts.join(''))
      }),
    )
  })

  test('gives bytes that the next answer leaves alone', () => {
    const writer = new JsonWriter()
    writer.ascii('a'.repeat(20_000))
    const first = writer.take()
    writer.ascii('b'.repeat(20_000))
    writer.take()
    expect(first).toEqual(Buffer.from('a'.repeat(20_000)))
  })

  test('writes over a lent buffer only after it was given back', () => {
    const writer = new JsonWriter()
    const lend = (letter: string): Buffer => {
      writer.ascii(letter.repeat(100_000))
      return writer.lend()
    }
    const [first, second] = [lend('a'), lend('b')]
    expect([first.toString(), second.toString()]).toEqual(['a'.repeat(100_000), 'b'.repeat(100_000)])
    writer.giveBack(first)
    lend('c')
    const fourth = lend('d')
    expect(fourth.buffer).toBe(first.buffer)
    expect(second.toString()).toBe('b'.repeat(100_000))
  })

  test('never takes what is short for lent', () => {
    const writer = new JsonWriter()
    writer.ascii('short')
    const short = writer.lend()
    writer.giveBack(short)
    writer.ascii('other')
    expect([short.toString(), writer.lend().toString()]).toEqual(['short', 'other'])
  })

  test('copies what it wrote before, and takes back', () => {
    const writer = new JsonWriter()
    writer.ascii('abc')
    writer.repeat(1, 3)
    writer.copy(Uint8Array.of(0x78, 0x79, 0x7a), 1, 2)
    expect(writer.length).toBe(6)
    writer.cut(5)
    expect(writer.take().toString()).toBe('abcbc')
  })
})
