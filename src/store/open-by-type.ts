import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion, suggestionHint } from '../base/suggest.ts'
import { storeTypes } from '../config/store-types.ts'
import type { StoreRow } from '../plugin/catalogue.ts'
import type { PluginKind, PluginStores } from '../plugin/define-plugin.ts'
import type { StoreOptions } from '../plugin/store-options.ts'

/**
 * Opens a store of a type of the catalogue, or one of a package or file that the type names.
 * @throws FTS8001 for any other type, FTS8003 … FTS8008 for a plug-in that cannot be used.
 */
export async function openByType<Kind extends PluginKind>(
  kind: Kind,
  catalogue: Readonly<Record<string, StoreRow<PluginStores[Kind]>>>,
  options: StoreOptions,
): Promise<PluginStores[Kind]> {
  const { type } = options.config
  const row = Object.hasOwn(catalogue, type) ? catalogue[type] : undefined
  if (row !== undefined) return (await row.load()).open(options)
  const ofFeast = Object.hasOwn(storeTypes[kind], type)
  if (!ofFeast) {
    const { moduleNamed } = await import('../plugin/plugin-module.ts')
    if (moduleNamed(type) !== undefined) return openThirdParty(kind, options)
  }
  const builtIn = Object.keys(catalogue)
  throw new FeatureStoreError('FTS8001', {
    message: ofFeast
      ? `The ${kind} type "${type}" is one of Feast's, but it is not built into this version.`
      : `There is no ${kind} type "${type}".${suggestion(type, builtIn)}`,
    hint: ofFeast ? undefined : suggestionHint(type, builtIn),
    notes: [`built in: ${builtIn.join(', ')}`],
    field: `${kind}.type`,
  })
}

async function openThirdParty<Kind extends PluginKind>(kind: Kind, options: StoreOptions): Promise<PluginStores[Kind]> {
  const [{ openPlugin }, { registerRepository }] = await Promise.all([
    import('../plugin/open-plugin.ts'),
    import('../repository/module-hooks.ts'),
  ])
  // A file of the repository imports `feast-ts` as its definitions do: the copy that is running.
  registerRepository(options.repoPath)
  return openPlugin(kind, options)
}
