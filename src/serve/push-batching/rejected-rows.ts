import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Table } from 'apache-arrow'
import { rowsFromBatch } from '../../types/arrow.ts'
import { exactJsonText } from '../../types/exact-json.ts'

/**
 * Writes rows to a file as the body of `POST /push` that would push them to the offline store again, and returns its
 * path when it is on disk.
 */
export async function writeRejectedRows(path: string, pushSource: string, table: Table): Promise<string> {
  const rows = rowsFromBatch(table)
  const columns = table.schema.fields.map(({ name }) => [name, rows.map((row) => row[name])])
  const body = { push_source_name: pushSource, df: Object.fromEntries(columns), to: 'offline' }
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'w')
  try {
    await file.writeFile(`${exactJsonText(body)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
  return path
}
