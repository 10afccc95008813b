import { DuckDBInstance } from '@duckdb/node-api'

/** A value of a driver at a time, in milliseconds since 1970. */
export interface DriverValue {
  readonly driver: number
  readonly at: number
  readonly value: number
}

/** How much riders like the drivers, from 1001 on. */
const likes = [4.1, 3.2, 4.6, 2.9, 3.8] as const

/** Writes a rating per driver and day for 20 days up to now, going up and down a little. */
export async function writeRatings(path: string, now: Date): Promise<void> {
  const hour = Math.floor(now.getTime() / 3_600_000) * 3_600_000
  const rows = Array.from({ length: 20 }, (_, day) => day).flatMap((day) =>
    likes.map((like, index) => {
      const swing = (((day * 37 + index * 11) % 20) - 10) / 50
      return `(epoch_ms(${hour - day * 86_400_000}::BIGINT)::TIMESTAMPTZ, ${1001 + index}::BIGINT, ${like + swing}::DOUBLE)`
    }),
  )
  const columns = 't(event_timestamp, driver_id, rating)'
  await query(`COPY (SELECT * FROM (VALUES ${rows.join(', ')}) ${columns}) TO '${quoted(path)}' (FORMAT parquet)`)
}

/** One column of a Parquet file of drivers. */
export async function readParquet(path: string, [column = '']: readonly string[]): Promise<readonly DriverValue[]> {
  const rows = await query(
    `SELECT driver_id::INT AS driver, epoch_ms(event_timestamp)::DOUBLE AS at, "${column}"::DOUBLE AS value
     FROM read_parquet('${quoted(path)}')`,
  )
  return rows.map(([driver, at, value]) => ({ driver: Number(driver), at: Number(at), value: Number(value) }))
}

async function query(sql: string): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run("SET TimeZone = 'UTC'")
    return (await connection.runAndReadAll(sql)).getRows()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

const quoted = (path: string): string => path.replaceAll("'", "''")
