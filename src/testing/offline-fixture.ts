import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordBatch } from 'apache-arrow'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import type { FileSource } from '../model/data-source.ts'
import type { OfflineStore } from '../plugin/offline-store.ts'
import type { StoreOptions } from '../plugin/store-options.ts'
import { type ColumnField, rowsFromBatch, tableFromRows } from '../types/arrow.ts'
import type { FeatureRow } from '../types/feature-value.ts'
import { testConfig } from './store-options.ts'

/** An offline store in a folder of its own under the system's temporary folder. */
export interface OfflineFixture extends AsyncDisposable {
  readonly store: OfflineStore
  readonly folder: string
  /** Writes rows as a Parquet file of the folder and gives the source for it. */
  source(path: string, rows: readonly FeatureRow[], fields?: readonly ColumnField[]): Promise<FileSource>
}

export async function offlineFixture(
  open: (options: StoreOptions) => Promise<OfflineStore>,
  config: Partial<FeatureStoreConfig> = {},
): Promise<OfflineFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'feast-offline-'))
  const offlineStore = { type: 'file', options: {} }
  const store = await open({
    config: offlineStore,
    store: testConfig({ onlineStore: null, offlineStore, ...config }),
    repoPath: folder,
    clock: systemClock,
    logger: silentLogger,
  })
  return {
    store,
    folder,
    async source(path, rows, fields) {
      const { batches } = await tableFromRows(rows, fields)
      await store.persist(inOrder(batches), { kind: 'file', path, s3EndpointOverride: '' }, { overwrite: true })
      return fileSourceAt(path)
    },
    async [Symbol.asyncDispose]() {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A file source named like its path, with the usual columns of times. */
export function fileSourceAt(path: string): FileSource {
  return {
    kind: 'file',
    name: path.replace(/\.parquet$/, ''),
    project: '',
    description: '',
    owner: '',
    tags: {},
    path,
    format: 'parquet',
    s3EndpointOverride: '',
    timestampField: 'event_timestamp',
    createdTimestampColumn: '',
    fieldMapping: {},
    datePartitionColumn: '',
    timestampFieldType: '',
    classType: '',
  }
}

/** All rows of the batches. */
export async function rowsOf(batches: AsyncIterable<RecordBatch>): Promise<FeatureRow[]> {
  const rows: FeatureRow[] = []
  for await (const batch of batches) rows.push(...rowsFromBatch(batch))
  return rows
}

export async function* inOrder<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items
}
