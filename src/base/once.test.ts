import { expect, test } from 'vitest'
import { once } from './once.ts'

test('callers at once share what is made, and nothing is made before the first', async () => {
  let made = 0
  const get = once(async () => ++made)
  expect(get.made()).toBeUndefined()
  expect(await Promise.all([get(), get()])).toEqual([1, 1])
  expect(await get.made()).toBe(1)
})

test('a failure is not kept', async () => {
  let calls = 0
  const get = once(async () => {
    calls++
    if (calls === 1) throw new RangeError('first')
    return calls
  })
  await expect(get()).rejects.toThrow('first')
  expect(await get()).toBe(2)
})
