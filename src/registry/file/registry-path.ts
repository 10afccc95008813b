import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'

/**
 * The absolute path of a registry on this machine.
 * @param path as in `registry.path`: relative to the feature repository, absolute, or a `file://` URL
 * @throws FTS1004 when there is none, FTS8001 for the URL of another store
 */
export function registryPath(path: string, repoPath: string): string {
  if (path === '') {
    throw new FeatureStoreError('FTS1004', {
      message: 'The key registry.path is missing.',
      notes: ['registry.path: the file of the registry, such as data/registry.db'],
      field: 'registry.path',
    })
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1]?.toLowerCase()
  if (scheme === undefined) return isAbsolute(path) ? path : resolve(repoPath, path)
  if (scheme === 'file') return fileURLToPath(path)
  throw new FeatureStoreError('FTS8001', {
    message: `A registry at ${scheme}:// can not be opened by this version of feast-ts.`,
    notes: ['available: a path on this machine, relative to the feature repository or absolute'],
    field: 'registry.path',
  })
}
