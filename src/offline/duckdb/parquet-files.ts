import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import type { Session } from './duckdb-driver.ts'

/**
 * Writes the result of a query to one Parquet file, in its order: first beside the place, then moved there. When it
 * returns, file and name are on disk. Metadata are texts that the file carries beside its rows.
 */
export async function copyToParquet(
  session: Session,
  sql: string,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<number> {
  await mkdir(dirname(path), { recursive: true })
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  try {
    const [written] = await session.rows(
      `COPY (${sql}) TO ${duckdbDialect.text(beside)} (FORMAT parquet, COMPRESSION snappy${metadataOption(metadata)})`,
    )
    await syncFile(beside)
    await rename(beside, path)
    await syncFile(dirname(path))
    return Number(written?.[0] ?? 0)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

function metadataOption(metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries(metadata).map(
    ([key, value]) => `${duckdbDialect.identifier(key)}: ${duckdbDialect.text(value)}`,
  )
  return entries.length === 0 ? '' : `, KV_METADATA {${entries.join(', ')}}`
}

/** Without it a crash of the machine could leave the new name with an old or empty content, or the old name. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
