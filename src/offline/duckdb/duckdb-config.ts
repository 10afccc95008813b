import { randomUUID } from 'node:crypto'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'

/**
 * How the engine runs in this process. It comes from the environment, not from `feature_store.yaml`: these are matters
 * of the machine, and real Feast refuses keys in the file that it does not know.
 */
export interface DuckdbConfig {
  /** Where intermediate results go that do not fit in memory: `FEAST_DUCKDB_TEMP_DIRECTORY`. */
  readonly tempDirectory: string
  /** True for a folder of our own, which is removed when the store is closed. */
  readonly ownsTempDirectory: boolean
  /** Such as `4GB`: `FEAST_DUCKDB_MEMORY_LIMIT`; else three fifths of the memory that the process may use. */
  readonly memoryLimit: string
  /** `FEAST_DUCKDB_THREADS`; null means one per processor. */
  readonly threads: string | null
}

export function duckdbConfig(environment: Readonly<Record<string, string | undefined>>): DuckdbConfig {
  const given = environment.FEAST_DUCKDB_TEMP_DIRECTORY
  return {
    tempDirectory: given ?? join(tmpdir(), `feast-ts-${process.pid}-${randomUUID()}`),
    ownsTempDirectory: given === undefined,
    memoryLimit: environment.FEAST_DUCKDB_MEMORY_LIMIT ?? defaultMemoryLimit(),
    threads: environment.FEAST_DUCKDB_THREADS ?? null,
  }
}

/** Room is left for this process's own heap and for others. A container's limit counts instead of the machine's. */
function defaultMemoryLimit(): string {
  const allowed = process.constrainedMemory()
  const bytes = allowed > 0 && allowed < totalmem() ? allowed : totalmem()
  return `${Math.floor((bytes * 0.6) / 2 ** 20)}MiB`
}
