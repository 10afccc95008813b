import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { type ConnectionSource, doTask, type Task } from './connection-task.ts'

/** Connections that are numbers, with what became of each. */
class Numbers implements ConnectionSource<number> {
  readonly fates: string[] = []
  #next = 1
  readonly #acquireMs: number

  constructor(acquireMs = 0) {
    this.#acquireMs = acquireMs
  }

  async acquire(): Promise<number> {
    if (this.#acquireMs > 0) await sleep(this.#acquireMs)
    return this.#next++
  }

  release(connection: number): void {
    this.fates.push(`${connection} released`)
  }

  discard(connection: number): void {
    this.fates.push(`${connection} discarded`)
  }

  isUsableAfter = (error: unknown): boolean => error instanceof Error && error.message !== 'lost'
  isLost = (error: unknown): boolean => error instanceof Error && error.message === 'lost'
  isConflict = (error: unknown): boolean => error instanceof Error && error.message === 'conflict'
  timedOut = (task: Task): Error => new Error(`${task.what} took too long`)
}

const task: Task = { what: 'the test', seconds: 5, repeatable: true }

/** Fails with each error in turn, then answers with the connection. */
function failing(...messages: string[]): (connection: number) => Promise<number> {
  return async (connection) => {
    const message = messages.shift()
    if (message !== undefined) throw new Error(message)
    return connection
  }
}

it('a task whose connection was lost is done once more on another one', async () => {
  const source = new Numbers()
  expect(await doTask(source, task, failing('lost'))).toBe(2)
  expect(source.fates).toEqual(['1 discarded', '2 released'])
  await expect(doTask(source, task, failing('lost', 'lost'))).rejects.toThrow('lost')
})

it('a task that may not be repeated is not', async () => {
  const source = new Numbers()
  await expect(doTask(source, { ...task, repeatable: false }, failing('lost'))).rejects.toThrow('lost')
  expect(source.fates).toEqual(['1 discarded'])
})

it('a task that gave way to another transaction is done again, but not for ever', async () => {
  const source = new Numbers()
  const twelve = new Array<string>(12).fill('conflict')
  expect(await doTask(source, { ...task, repeatable: false }, failing(...twelve))).toBe(13)
  const messages = new Array<string>(20).fill('conflict')
  await expect(doTask(source, task, failing(...messages))).rejects.toThrow('conflict')
})

it('an error of a statement leaves the connection in use', async () => {
  const source = new Numbers()
  await expect(doTask(source, task, failing('no such table'))).rejects.toThrow('no such table')
  expect(source.fates).toEqual(['1 released'])
})

it('work that takes too long is left, and its connection discarded', async () => {
  const source = new Numbers()
  const work = doTask(source, { ...task, seconds: 0.03 }, () => sleep(200))
  await expect(work).rejects.toThrow('the test took too long')
  expect(source.fates).toEqual(['1 discarded'])
})

it('a connection that comes too late is given back', async () => {
  const source = new Numbers(60)
  const signal = AbortSignal.timeout(20)
  await expect(doTask(source, { ...task, signal }, failing())).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(source.fates).toEqual([])
  await sleep(80)
  expect(source.fates).toEqual(['1 released'])
})

it('nothing is begun when the signal is aborted already', async () => {
  const source = new Numbers()
  await expect(doTask(source, { ...task, signal: AbortSignal.abort() }, failing())).rejects.toMatchObject({
    name: 'AbortError',
  })
  expect(source.fates).toEqual([])
})
