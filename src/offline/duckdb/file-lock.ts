import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'

/** Locks that this process has taken and not given back. */
const held = new Set<string>()

const waitMs = 60_000
const stepMs = 20

/**
 * Does `work` while a lock file beside the path keeps other writers out, of this process and of others. The lock of a
 * process of this machine that no longer runs is taken over.
 *
 * @throws FTS4015 when the lock is not free within a minute.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  await mkdir(dirname(path), { recursive: true })
  for (let waitedMs = 0; !(await take(lock)); waitedMs += stepMs) {
    if (waitedMs > waitMs) {
      throw new FeatureStoreError('FTS4015', {
        message: `"${path}" has been locked by another writer for a minute.`,
        notes: [`the lock is ${lock}`],
      })
    }
    const holder = await readFile(lock, 'utf8').catch(() => undefined)
    if (holder !== undefined && (await isAbandoned(lock, holder))) await removeAbandoned(lock, holder)
    else await sleep(stepMs)
  }
  try {
    return await work()
  } finally {
    held.delete(lock)
    await rm(lock, { force: true })
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx')
    held.add(lock)
    await file.writeFile(`${process.pid}@${hostname()}`)
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves the lock away first: of several that wait, one does it, and a lock that was taken meanwhile is put back. */
async function removeAbandoned(lock: string, holder: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}`
  try {
    await rename(lock, aside)
  } catch {
    return
  }
  if ((await readFile(aside, 'utf8')) !== holder) await link(aside, lock).catch(() => undefined)
  await rm(aside, { force: true })
}

async function isAbandoned(lock: string, text: string): Promise<boolean> {
  const holder = /^(\d+)@(.*)$/.exec(text)
  if (holder === null) {
    // Written a moment after it was made: only an old one without a holder was left behind.
    const made = await stat(lock).catch(() => undefined)
    return made !== undefined && Date.now() - made.mtimeMs > 5000
  }
  if (holder[2] !== hostname()) return false
  // In a container that starts again a process has the number of the one that died.
  if (Number(holder[1]) === process.pid) return !held.has(lock)
  try {
    process.kill(Number(holder[1]), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
