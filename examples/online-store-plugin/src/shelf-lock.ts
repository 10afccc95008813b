import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** A writer needs a millisecond; who waits longer than this waits for one that died. */
const longestWaitMs = 10_000

/**
 * Replaces a file by what `change` makes of it, while no other writer of any process does; undefined leaves it as it
 * is. Readers see the old text or the new one, as a rename is one step. Returns whether it was replaced.
 */
export async function replaceFile(
  path: string,
  change: (text: string | undefined) => string | undefined,
): Promise<boolean> {
  const lock = `${path}.lock`
  await takeLock(lock)
  try {
    const text = change(await textOf(path))
    if (text === undefined) {
      await rm(lock)
      return false
    }
    await writeFile(lock, text)
  } catch (error) {
    await rm(lock)
    throw error
  }
  // The lock itself becomes the new file, which frees it: a writer that dies leaves one file behind at most.
  await rename(lock, path)
  return true
}

/** Creating a file that must not be there succeeds for one writer only. */
async function takeLock(lock: string): Promise<void> {
  const start = performance.now()
  for (;;) {
    try {
      await writeFile(lock, '', { flag: 'wx' })
      return
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
    }
    if (performance.now() - start > longestWaitMs) {
      throw new Error(`${lock} is in the way. If no writer is running, one has died: delete that file.`)
    }
    await sleep(1 + Math.random() * 4)
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
