import { randomUUID } from 'node:crypto'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import type { StoreConfig } from '../../config/feature-store-config.ts'

/** The `offline_store` block for the types `file`, `dask` and `duckdb`. Feast knows none of these keys. */
export interface DuckdbConfig {
  /** Where intermediate results go that do not fit in memory: `temp_directory`. */
  readonly tempDirectory: string
  /** True for a folder of our own, which is removed when the store is closed. */
  readonly ownsTempDirectory: boolean
  /** Such as `4GB`; three fifths of the memory that the process may use when not given: `memory_limit`. */
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
    memoryLimit: typeof memoryLimit === 'string' ? memoryLimit : defaultMemoryLimit(),
    threads: typeof threads === 'number' ? threads : null,
  }
}

/** Room is left for this process's own heap and for others. A container's limit counts instead of the machine's. */
function defaultMemoryLimit(): string {
  const allowed = process.constrainedMemory()
  const bytes = allowed > 0 && allowed < totalmem() ? allowed : totalmem()
  return `${Math.floor((bytes * 0.6) / 2 ** 20)}MiB`
}
