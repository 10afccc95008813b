import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Tags } from '../model/field.ts'

/** Reads `--tags key:value`, each with perhaps several pairs set apart by commas. @throws FTS1103 */
export function parseTags(given: readonly string[]): Tags {
  const pairs = given.flatMap((text) => text.split(',')).map((text) => text.trim())
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf(':')
      if (at < 1) {
        throw new FeatureStoreError('FTS1103', {
          message: `"${pair}" is not a tag.`,
          notes: ['write --tags key:value, several times or with commas between'],
          field: '--tags',
        })
      }
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
    }),
  )
}
