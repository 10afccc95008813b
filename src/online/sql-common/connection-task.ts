import { setTimeout as sleep } from 'node:timers/promises'

/** Something to be done on one connection, no longer than it may take. */
export interface Task {
  /** For the message when it takes too long, such as `the read`. */
  readonly what: string
  readonly seconds: number
  readonly signal?: AbortSignal | undefined
  /** May be done again on a new connection when the first one broke. */
  readonly repeatable: boolean
}

/** Where connections come from; a driver's pool. */
export interface ConnectionSource<Connection> {
  acquire(): Promise<Connection>
  release(connection: Connection): void
  /** Closes a connection and tells the server to stop what it is doing for it. */
  discard(connection: Connection): void
  /** False when a connection is in no known state after an error. */
  isUsableAfter(error: unknown): boolean
  /** The connection is gone: the same may succeed on another one. */
  isLost(error: unknown): boolean
  /** The server gave up for the sake of another transaction: the same may succeed now. */
  isConflict(error: unknown): boolean
  /** What is thrown when the time of a task is up. */
  timedOut(task: Task): Error
}

/** How often a task is tried when other transactions get in its way. */
const conflictAttempts = 20
/** The longest wait before the next try; a wait is random, or writers that met once would meet again. */
const longestWaitMillis = 50

/**
 * Does a task on one connection, again when that is safe and promising. When its signal aborts or its time is up, the
 * connection is discarded.
 *
 * @throws the reason of the signal, or the error of the driver as it is.
 */
export async function doTask<Connection, T>(
  source: ConnectionSource<Connection>,
  task: Task,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + task.seconds * 1000
  let repeats = task.repeatable ? 1 : 0
  for (let attempt = 1; ; attempt++) {
    task.signal?.throwIfAborted()
    try {
      return await attemptTask(source, task, deadline, work)
    } catch (error) {
      task.signal?.throwIfAborted()
      if (source.isConflict(error) && attempt < conflictAttempts) {
        await sleep(Math.random() * Math.min(2 ** attempt, longestWaitMillis))
        continue
      }
      // A connection that broke while it was idle is found out by its next use.
      if (source.isLost(error) && repeats-- > 0) continue
      throw error
    }
  }
}

async function attemptTask<Connection, T>(
  source: ConnectionSource<Connection>,
  task: Task,
  deadline: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const limit = limitOf(source, task, deadline)
  try {
    const acquiring = source.acquire()
    const connection = await Promise.race([acquiring, limit.passed]).catch((error: unknown) => {
      // It may still come, when nobody waits for it any more.
      acquiring.then(
        (late) => source.release(late),
        () => undefined,
      )
      throw error
    })
    const working = work(connection)
    try {
      const result = await Promise.race([working, limit.passed])
      source.release(connection)
      return result
    } catch (error) {
      working.catch(() => undefined)
      if (!limit.isPassed() && source.isUsableAfter(error)) source.release(connection)
      else source.discard(connection)
      throw error
    }
  } finally {
    limit.end()
  }
}

/** A promise that is rejected when the task's signal aborts or its time is up. */
function limitOf<Connection>(
  source: ConnectionSource<Connection>,
  task: Task,
  deadline: number,
): { readonly passed: Promise<never>; isPassed(): boolean; end(): void } {
  const { promise: passed, reject } = Promise.withResolvers<never>()
  passed.catch(() => undefined)
  let isPassed = false
  const pass = (reason: unknown): void => {
    isPassed = true
    reject(reason)
  }
  const onAbort = (): void => pass(task.signal?.reason)
  task.signal?.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(() => pass(source.timedOut(task)), Math.max(0, deadline - performance.now()))
  return {
    passed,
    isPassed: () => isPassed,
    end: () => {
      clearTimeout(timer)
      task.signal?.removeEventListener('abort', onAbort)
    },
  }
}

/** Runs work between `begin` and COMMIT; rolled back when it fails. */
export async function inTransaction<T>(
  execute: (sql: string) => Promise<unknown>,
  begin: string,
  work: () => Promise<T>,
): Promise<T> {
  await execute(begin)
  try {
    const result = await work()
    await execute('COMMIT')
    return result
  } catch (error) {
    // On a broken connection the server has rolled back by itself, and the first error is the one to tell.
    await execute('ROLLBACK').catch(() => undefined)
    throw error
  }
}
