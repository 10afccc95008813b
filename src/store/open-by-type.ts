import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { didYouMean, suggestion } from '../base/suggest.ts'
import { storeTypes } from '../config/store-types.ts'
import type { StoreOptions } from '../plugin/store-options.ts'

/** Opens a store of a type of the catalogue. */
export async function openByType<Store>(
  key: 'registry' | 'online_store' | 'offline_store',
  catalogue: Readonly<Record<string, (options: StoreOptions) => Promise<Store>>>,
  options: StoreOptions,
): Promise<Store> {
  const { type } = options.config
  const open = Object.hasOwn(catalogue, type) ? catalogue[type] : undefined
  if (open !== undefined) return open(options)
  const builtIn = Object.keys(catalogue)
  const known = Object.hasOwn(storeTypes[key], type)
  const near = known ? undefined : didYouMean(type, builtIn)
  const what = known
    ? `The ${key} type "${type}" is one of Feast's, but it is not built into this version.`
    : `There is no ${key} type "${type}".${suggestion(type, builtIn)}`
  throw new FeatureStoreError('FTS8001', {
    message: what,
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
    notes: [`built in: ${builtIn.join(', ')}`],
    field: `${key}.type`,
  })
}
