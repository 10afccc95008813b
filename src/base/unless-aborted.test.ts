import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { unlessAborted } from './unless-aborted.ts'

it('gives what the work gives, and leaves no listener behind', async () => {
  const { signal } = new AbortController()
  expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1)
  await expect(unlessAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

it('throws the reason of the signal at once, and what becomes of the work later is nobody’s fault', async () => {
  const { promise: work, reject } = Promise.withResolvers<never>()
  const controller = new AbortController()
  const waiting = unlessAborted(work, controller.signal)
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await expect(unlessAborted(work, controller.signal)).rejects.toThrow('enough')
  reject(new Error('late'))
})
