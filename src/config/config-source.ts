import type { ErrorPlace } from '../base/errors/feature-store-error.ts'

/** Where a configuration comes from; tells the place of a key in the user's file. */
export interface ConfigSource {
  /** For messages: the path of the file, or the name of an environment variable. */
  readonly name: string
  /** Path of the file; null when there is none. */
  readonly path: string | null
  /** The place of a key or of its value; undefined when it is not known. */
  placeOf(path: readonly string[], part: 'key' | 'value'): ErrorPlace | undefined
}

/** A configuration written as an object in code. */
export const objectSource: ConfigSource = { name: 'the configuration', path: null, placeOf: () => undefined }
