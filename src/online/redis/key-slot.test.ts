import { expect, it } from 'vitest'
import { keySlot } from './key-slot.ts'

const slotOf = (text: string): number => keySlot(new TextEncoder().encode(text))

it('slots are those of the specification of Redis cluster', () => {
  // 0x31c3 is the check value that the specification gives for CRC16 (XMODEM).
  expect(slotOf('123456789')).toBe(0x31c3 % 16_384)
  expect(slotOf('')).toBe(0)
})

it('only what stands in the first braces counts, if anything does', () => {
  expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'))
  expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'))
  expect(slotOf('foo{bar}{zap}')).toBe(slotOf('bar'))
  expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'))
  expect(slotOf('foo{bar')).not.toBe(slotOf('bar'))
})
