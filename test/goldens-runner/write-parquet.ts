import { Instant } from '../../src/base/instant.ts'

/** Writes rows of whole numbers and times to a Parquet file, past the product's own code. */
export async function writeParquet(
  path: string,
  rows: readonly Readonly<Record<string, bigint | Instant>>[],
): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const names = Object.keys(rows[0] ?? {})
  const values = rows.map((row) => `(${names.map((name) => literal(row[name])).join(', ')})`)
  const columns = names.map((name) => `"${name}"`).join(', ')
  await connection.run(
    `COPY (SELECT * FROM (VALUES ${values.join(', ')}) AS rows(${columns})) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`,
  )
  connection.closeSync()
  instance.closeSync()
}

function literal(value: bigint | Instant | undefined): string {
  if (value instanceof Instant) return `make_timestamptz(${value.epochMicros})`
  return `${value ?? 'NULL'}::BIGINT`
}
