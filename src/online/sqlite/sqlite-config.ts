import { isAbsolute, resolve } from 'node:path'
import type { StoreOptions } from '../../plugin/store-options.ts'

/** Source of keys and defaults: Feast's `SqliteOnlineStoreConfig`. */
export interface SqliteConfig {
  /** Absolute path of the database file. */
  readonly path: string
  /** Fill `vector_value` as well. */
  readonly vectors: boolean
  /** Keep a `value_num` column beside `value_text`. */
  readonly numbers: boolean
  /** What new tables are kept in, and old ones after a conversion. */
  readonly layout: 'feast' | 'packed'
}

export function sqliteConfig(options: StoreOptions): SqliteConfig {
  const { path, vector_enabled: vectors, enable_openai_compatible_store: numbers, layout } = options.config.options
  const file = typeof path === 'string' && path !== '' ? path : 'data/online.db'
  return {
    path: isAbsolute(file) ? file : resolve(options.repoPath, file),
    vectors: vectors === true,
    numbers: numbers === true,
    layout: layout === 'packed' ? 'packed' : 'feast',
  }
}
