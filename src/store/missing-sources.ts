import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchSourceOf, type DataSource } from '../model/data-source.ts'
import type { DesiredObjects } from '../registry/kinds.ts'

/** A glob, or an address that is not a local file. */
const notAFile = /[*?[\]{}]|^(?!file:)[a-z][a-z0-9+.-]*:\/\//i

/**
 * One sentence per file source of a view whose file is not there. As in Feast that is no error: a repository may be
 * applied before its data arrives.
 */
export async function missingSources(desired: DesiredObjects, repoPath: string): Promise<readonly string[]> {
  const views = [...desired.featureViews, ...desired.streamFeatureViews]
  const sources = new Map<string, DataSource>()
  for (const view of views) {
    const source = view.batchSource === null ? null : batchSourceOf(view.batchSource)
    if (source !== null) sources.set(source.name, source)
  }
  const checked = await Promise.all([...sources.values()].map((source) => missing(source, repoPath)))
  return checked.filter((sentence) => sentence !== null)
}

async function missing(source: DataSource, repoPath: string): Promise<string | null> {
  if (source.kind !== 'file' || notAFile.test(source.path)) return null
  const path = source.path.startsWith('file:') ? fileURLToPath(source.path) : resolve(repoPath, source.path)
  try {
    await stat(path)
    return null
  } catch {
    return `Data source "${source.name}": there is no file ${source.path} yet.`
  }
}
