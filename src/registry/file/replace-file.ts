import { access, constants, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Replaces a file as one step: a reader sees the old bytes or the new ones, also after a crash at any point. Only one
 * caller at a time may do so; what a dead one left beside the file is overwritten. The folder must be there. A file that
 * may not be written is refused, though its folder would let it be replaced.
 */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    const mode = await writableModeOf(path)
    const file = await open(temporary, 'w', mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

const ordinaryMode = 0o666

async function writableModeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return ordinaryMode
  // Root may write all files, also those that somebody made read-only.
  if ((found.mode & anyoneWrites) === 0) throw new Error('the file is read-only')
  await access(path, constants.W_OK)
  return found.mode & 0o777
}

const anyoneWrites = 0o222

/** Makes the new name durable. Windows can't open folders, and needs no such step. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
