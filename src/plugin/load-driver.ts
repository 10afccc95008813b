import { FeatureStoreError } from '../base/errors/feature-store-error.ts'

/**
 * Imports a package that users install themselves.
 *
 * @param load the import, with the name written out so that bundlers see it.
 * @throws FTS8002 with the command that installs it, when it is not there.
 */
export async function loadDriver<Module>(store: string, name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    throw new FeatureStoreError('FTS8002', {
      message: `The ${store} store needs the package "${name}", which is not installed.`,
      hint: `run \`npm install ${name}\``,
      cause: error,
    })
  }
}
