import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { RequestGate } from './limits.ts'
import { defaultLimits } from './serving-settings.ts'

const gate = (limits: Partial<typeof defaultLimits>): RequestGate => new RequestGate({ ...defaultLimits, ...limits })
const never = (): Promise<never> => new Promise(() => {})

describe('a gate', () => {
  test('gives what the work gives, and its error', async () => {
    const open = gate({})
    await expect(open.run(async () => 7)).resolves.toBe(7)
    const fault = new Error('fault')
    await expect(open.run(() => Promise.reject(fault))).rejects.toBe(fault)
    await expect(open.runLong(async () => 8)).resolves.toBe(8)
    const thrown = open.run(() => {
      throw fault
    })
    await expect(thrown).rejects.toBe(fault)
    expect(open.inFlight).toBe(0)
  })

  test('refuses at once what is too much, and lets in again when something is done', async () => {
    const small = gate({ maxConcurrentRequests: 2 })
    let finish = (): void => {}
    const first = small.run(() => new Promise<void>((resolve) => (finish = resolve)))
    void small.runLong(never)
    const started = performance.now()
    await expect(small.run(async () => 1)).rejects.toMatchObject({ code: 'FTS7006' })
    await expect(small.runLong(async () => 1)).rejects.toMatchObject({ code: 'FTS7006' })
    expect(performance.now() - started).toBeLessThan(2000)
    finish()
    await first
    await expect(small.run(async () => 1)).resolves.toBe(1)
  })

  test('ends work that takes too long, and says so to the work', async () => {
    const quick = gate({ requestTimeoutSeconds: 0.1 })
    let told: AbortSignal | undefined
    const started = performance.now()
    const work = quick.run((signal) => {
      told = signal
      return new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    await expect(work).rejects.toMatchObject({ code: 'FTS7007' })
    expect(performance.now() - started).toBeGreaterThanOrEqual(99)
    expect(told?.reason).toMatchObject({ code: 'FTS7007' })
    await sleep(0)
    expect(quick.inFlight).toBe(0)
  })

  test('answers in time for work that does not listen, which keeps its place until it ends', async () => {
    const quick = gate({ requestTimeoutSeconds: 0.05, maxConcurrentRequests: 1 })
    let finish = (): void => {}
    const deaf = quick.run(() => new Promise<void>((resolve) => (finish = resolve)))
    await expect(deaf).rejects.toMatchObject({ code: 'FTS7007' })
    expect(quick.inFlight).toBe(1)
    await expect(quick.run(async () => 1)).rejects.toMatchObject({ code: 'FTS7006' })
    finish()
    await sleep(0)
    await expect(quick.run(async () => 1)).resolves.toBe(1)
  })

  test('does not end what began later with what began earlier', async () => {
    const quick = gate({ requestTimeoutSeconds: 0.8 })
    const early = quick.run(never)
    early.catch(() => {})
    await sleep(400)
    const late = quick.run(() => sleep(500).then(() => 'done'))
    await expect(early).rejects.toMatchObject({ code: 'FTS7007' })
    await expect(late).resolves.toBe('done')
  })
})
