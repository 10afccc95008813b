import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Instant } from '../base/instant.ts'
import { loadConfig } from '../config/load-config.ts'
import { openContext } from '../store/open-context.ts'
import { tableFromRows } from '../types/arrow.ts'
import { float32, int64, unixTimestamp } from '../types/data-type.ts'
import type { FeatureRow } from '../types/feature-value.ts'
import type { CommandContext } from './command.ts'

const drivers = [1001, 1002, 1003, 1004, 1005] as const
const hours = 15 * 24

/** 2021-04-12T07:00:00Z */
const longAgo = Instant.fromEpochSeconds(1_618_210_800)

/**
 * The history of five drivers, as large as Feast's sample: a row per driver and hour of the 15 days up to the last full
 * hour, one row of long ago per driver, and two rows that stand in the file twice. 1807 rows; equal but for the times
 * whenever it is made.
 */
export function sampleRows(now: Instant): readonly FeatureRow[] {
  const random = randomNumbers(67)
  const hourMicros = 3_600_000_000n
  const end = (now.epochMicros / hourMicros) * hourMicros
  const created = Instant.fromEpochMicros((now.epochMicros / 1000n) * 1000n)
  const row = (driver: number, event: Instant): FeatureRow => ({
    event_timestamp: event,
    driver_id: BigInt(driver),
    conv_rate: Math.fround(random()),
    acc_rate: Math.fround(random()),
    avg_daily_trips: BigInt(Math.floor(random() * 1000)),
    created,
  })
  const at = (hoursBefore: number): Instant => Instant.fromEpochMicros(end - BigInt(hoursBefore) * hourMicros)
  const rows = [...drivers].reverse().flatMap((driver) => {
    const hourly = Array.from({ length: hours }, (_, hour) => row(driver, at(hours - hour)))
    return [...hourly, row(driver, longAgo)]
  })
  const twice = rows.filter((each) => each.driver_id === 1003n).slice(180, 181)
  return [...rows, ...twice, ...twice]
}

/** Writes the sample through the project's own offline store. */
export async function writeSampleData(folder: string, command: CommandContext): Promise<void> {
  const { config } = await loadConfig({ repoPath: folder, env: {} })
  const path = join(folder, 'data', 'driver_stats.parquet')
  await mkdir(join(folder, 'data'))
  const table = await tableFromRows(sampleRows(command.clock.now()), [
    { name: 'event_timestamp', type: unixTimestamp },
    { name: 'driver_id', type: int64 },
    { name: 'conv_rate', type: float32 },
    { name: 'acc_rate', type: float32 },
    { name: 'avg_daily_trips', type: int64 },
    { name: 'created', type: unixTimestamp },
  ])
  const context = await openContext(config, folder, async () => undefined, command)
  try {
    const store = await context.offlineStore()
    const batches = (async function* () {
      yield* table.batches
    })()
    await store.persist(batches, { kind: 'file', path, s3EndpointOverride: '' }, { overwrite: false })
  } finally {
    await context.close()
  }
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
