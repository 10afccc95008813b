import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreConfig } from '../../config/feature-store-config.ts'

/** The `offline_store` block for the types `file`, `dask` and `duckdb`. Feast knows none of these keys. */
export interface DuckdbConfig {
  /** Where intermediate results go that do not fit in memory: `temp_directory`. */
  readonly tempDirectory: string
  /** True for a folder of our own, which is removed when the store is closed. */
  readonly ownsTempDirectory: boolean
  /** Such as `4GB` or `60%` of the machine's memory: `memory_limit`. */
  readonly memoryLimit: string
  /** Null means one per processor: `threads`. */
  readonly threads: number | null
}

/** Reads the block; what is absent has a default. */
export function duckdbConfigOf(config: StoreConfig): DuckdbConfig {
  const { temp_directory: given, memory_limit: memoryLimit, threads } = config.options
  const ownsTempDirectory = typeof given !== 'string'
  return {
    tempDirectory: ownsTempDirectory ? join(tmpdir(), `feast-ts-${process.pid}-${randomUUID()}`) : given,
    ownsTempDirectory,
    memoryLimit: typeof memoryLimit === 'string' ? memoryLimit : '60%',
    threads: typeof threads === 'number' ? threads : null,
  }
}
