import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type ApplyContext, type ContextOptions, openParts } from './parts.ts'

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'apply-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A store in a folder of its own, closed after the test. */
export async function openContext(options: ContextOptions = {}): Promise<ApplyContext> {
  const repoPath = options.repoPath ?? (await temporaryFolder())
  const context = await openParts({ ...options, repoPath })
  onTestFinished(() => context.close())
  return context
}
