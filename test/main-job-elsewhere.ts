// A process of its own, in another time zone and folder: goes through the main job in the repository that is named on
// the command line and prints what it got.
import { frozenClock } from '../src/base/clock.ts'
import { Instant, openStore } from '../src/index.ts'
import { at, configuration, definitions, makeData, noon, row, stats } from './rides.ts'

const [repoPath] = process.argv.slice(2)
if (repoPath === undefined) throw new Error('main-job-elsewhere.ts FOLDER')
await makeData(repoPath)
await using store = await openStore(configuration, { definitions, repoPath, clock: frozenClock(noon) })
await store.apply()
const history = await store
  .getHistoricalFeatures({
    features: [stats],
    // The last two are the same instant; a time without a zone is UTC.
    entities: [
      { driver_id: 1, event_timestamp: '2024-03-01T10:59:59.999999Z' },
      { driver_id: 1, event_timestamp: '2024-03-01 11:00:00' },
      { driver_id: 1, event_timestamp: '2024-03-01T16:30:00+05:30' },
    ],
  })
  .toRows()
const from = store.getHistoricalFeatures({ features: [stats], entities: [{ driver_id: 1, event_timestamp: noon }] })
await store.createSavedDataset({ name: 'train', from, storage: 'data/train.parquet' })
const again = await store
  .createSavedDataset({ name: 'other', from, storage: './data/../data/train.parquet' })
  .catch((error: unknown) => (error instanceof Error && 'code' in error ? error.code : error))
const saved = await store.readSavedDataset('train').toRows()
const materialized = await store.materialize({ start: '2024-03-01 11:00:00', end: at('2024-03-01T11:00:00Z') })
const first = await store.getOnlineFeatures({ features: [stats], entities: { driver_id: [1] } })
const late = { ...row(1n, '2024-03-01T11:00:00Z', 0.1, 99n), event_timestamp: '2024-03-01 11:20:00', created: noon }
await store.push({ source: 'stats_push', rows: [late], to: 'onlineAndOffline' })
const second = await store.getOnlineFeatures({ features: [stats], entities: { driver_id: [1] } })
const output = {
  offsetMinutes: new Date(noon.toDate()).getTimezoneOffset(),
  history: history.map((each) => [String(each.event_timestamp), each.trips]),
  saved: saved.map((each) => [String(each.event_timestamp), each.trips]),
  again,
  materialized: materialized.views.map((view) => [view.view, view.written, String(view.start), String(view.end)]),
  online: [first, second].map((read) => [read.column('trips'), read.eventTimestamps('trips').map(String)]),
  pushed: (await store.pullAll('driver_stats', { features: ['trips'] }).toRows())
    .filter((each) => each.trips === 99n)
    .map((each) => String(each.event_timestamp)),
  parsed: String(Instant.parse('2024-03-01 11:00:00')),
}
process.stdout.write(JSON.stringify(output, (_, value) => (typeof value === 'bigint' ? Number(value) : value)))
