import { expect, it } from 'vitest'
import { padded, placeholders } from './placeholders.ts'

it('lists are filled up to a power of two with their last element', () => {
  expect([0, 1, 2, 3, 5].map((length) => padded(Array.from({ length }, (_, index) => index)))).toEqual([
    [],
    [0],
    [0, 1],
    [0, 1, 2, 2],
    [0, 1, 2, 3, 4, 4, 4, 4],
  ])
})

it('there is a placeholder for each parameter', () => {
  expect(placeholders(3)).toBe('?, ?, ?')
})
