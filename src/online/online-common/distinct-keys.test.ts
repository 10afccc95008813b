import fc from 'fast-check'
import { expect, test } from 'vitest'
import { areDistinct } from './distinct-keys.ts'

test('keys are distinct when no two have the same bytes', () => {
  const key = fc.uint8Array({ maxLength: 2, max: 9 })
  fc.assert(
    fc.property(fc.array(key, { maxLength: 40 }), (keys) => {
      expect(areDistinct(keys)).toBe(new Set(keys.map(String)).size === keys.length)
    }),
  )
})

test('many keys in a row are told apart, before and after larger lots', () => {
  const keysTo = (end: number): Uint8Array[] => Array.from({ length: end }, (_, id) => Buffer.from(`key ${id}`))
  for (const count of [10, 200_000, 0, 3000]) {
    const keys = keysTo(count)
    expect(areDistinct(keys)).toBe(true)
    if (count > 0) expect(areDistinct([...keys, Buffer.from(`key ${count - 1}`)])).toBe(false)
  }
})
