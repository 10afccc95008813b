import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { openDuckdbOfflineStore } from '../src/offline/duckdb/duckdb-offline-store.ts'
import { testStoreOptions } from '../src/testing/store-options.ts'
import { tableFromRows } from '../src/types/arrow.ts'
import type { FeatureRow } from '../src/types/feature-value.ts'

/** Writes rows to a Parquet file, and makes its folder. */
export async function writeParquet(path: string, rows: readonly FeatureRow[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const { batches } = await tableFromRows(rows)
  const store = await openDuckdbOfflineStore(testStoreOptions({ type: 'duckdb', options: {} }, dirname(path)))
  async function* each(): AsyncGenerator<(typeof batches)[number]> {
    yield* batches
  }
  try {
    await store.persist(each(), { kind: 'file', path, s3EndpointOverride: '' }, { overwrite: true })
  } finally {
    await store.close()
  }
}
