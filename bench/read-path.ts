/**
 * `npm run bench:read-path`: what a request for online features costs beside the store and the network: reading the
 * body, plan, keys, response and its JSON, for 5 views of 10 features. The store answers at once, from cells made
 * beforehand, so that only our own work is measured.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/logger.ts'
import { days, entity, featureService, featureView, fileSource, float64, int64, openStore } from '../src/index.ts'
import { CellBlock, type OnlineCells } from '../src/plugin/online-cells.ts'
import type { OnlineRead, OnlineStore } from '../src/plugin/online-store.ts'
import { featureRequest, jsonEntityValue } from '../src/serve/feature-request.ts'
import { encodeOnlineFeatures, giveBackAnswer } from '../src/serve/http/encode-online-features.ts'
import { jsonBody } from '../src/serve/http/json-body.ts'
import { getOnlineFeatures } from '../src/store/get-online-features.ts'
import type { StoreContext } from '../src/store/store-context.ts'
import { encodeValue } from '../src/types/value-codec.ts'
import { median } from './measure.ts'
import { type Bar, recordResult } from './results.ts'

const [viewCount, featureCount, sampleBlocks] = [5, 10, 64]
const rounds = 9
/** Microseconds per request, by number of entity rows: what the read path may cost of the whole. */
const bars: Readonly<Record<number, number>> = { 1: 15, 10: 100, 100: 1200 }

const user = entity('user', { joinKey: 'user_id', type: int64 })
const views = Array.from({ length: viewCount }, (_, v) =>
  featureView(`view${v}`, {
    entities: [user],
    ttl: days(3650),
    schema: Object.fromEntries(
      Array.from({ length: featureCount }, (__, f) => [`f${v}_${f}`, f % 2 === 0 ? int64 : float64]),
    ),
    source: fileSource(`src${v}`, { path: `data/v${v}.parquet`, timestampField: 'event_timestamp' }),
  }),
)
const service = featureService('svc50', views)

const folder = mkdtempSync(join(tmpdir(), 'bench-read-path-'))
const configuration = { project: 'base', provider: 'local', registry: 'registry.db' }
const store = await openStore(configuration, { definitions: [user, ...views, service], repoPath: folder })
await store.apply()
const contents = await store.contents()
const registered = await store.getFeatureService('svc50')

/** Values as `serving_repo.py` makes them; events within ten hours, of whole minutes. */
function randomCells(rows: number): OnlineCells {
  const cells = new CellBlock(rows, featureCount)
  const now = Math.floor(Date.now() / 60_000) * 60
  for (let row = 0; row < rows; row++) {
    cells.setEvent(row, now - 60 * Math.floor(Math.random() * 600), 0)
    for (let feature = 0; feature < featureCount; feature++) {
      const value =
        feature % 2 === 0
          ? encodeValue(BigInt(Math.floor(Math.random() * 1e6)), int64)
          : encodeValue(Math.random(), float64)
      cells.set(row, feature, value)
    }
  }
  return cells
}

function instantStore(rows: number): OnlineStore {
  const blocks = Array.from({ length: sampleBlocks }, () => randomCells(rows))
  let next = 0
  return {
    capabilities: {
      keyTtl: false,
      transactionalBatches: true,
      versionedViews: true,
      vectorSearch: false,
      eventPrecisionMicros: 1n,
      createdTimestamps: true,
      oneRoundTrip: true,
      missingInFeast: 'NOT_FOUND',
    },
    read: async (reads: readonly OnlineRead[]) => reads.map(() => blocks[next++ % sampleBlocks] ?? randomCells(rows)),
    write: async () => ({ written: 0, stale: 0 }),
    infrastructure: () => [],
    update: async () => {},
    teardown: async () => {},
    ping: async () => {},
    close: async () => {},
  }
}

function contextOf(onlineStore: OnlineStore): StoreContext {
  const refuse = async (): Promise<never> => {
    throw new Error('a read needs the registry’s contents and the online store only')
  }
  return {
    config: store.config,
    project: store.project,
    repoPath: folder,
    clock: systemClock,
    logger: silentLogger,
    registry: { location: '', load: refuse, transact: refuse, remove: refuse, close: refuse },
    contents: async () => contents,
    remember: () => {},
    onlineStore: async () => onlineStore,
    offlineStore: refuse,
    onDemandFunction: async () => undefined,
  }
}

const references = views.flatMap((view) => view.features.map((field) => `${view.name}:${field.name}`))

function bodies(rows: number, byReference: boolean): readonly Buffer[] {
  return Array.from({ length: 256 }, () => {
    const ids = Array.from({ length: rows }, () => Math.floor(Math.random() * 10_000))
    const what = byReference ? { features: references } : { feature_service: 'svc50' }
    return Buffer.from(JSON.stringify({ ...what, entities: { user_id: ids } }))
  })
}

interface Costs {
  /** Microseconds of processor time per request. */
  readonly whole: number
  readonly encode: number
}

async function measureRows(rows: number, byReference: boolean): Promise<Costs> {
  const context = contextOf(instantStore(rows))
  const sent = bodies(rows, byReference)
  const requests = Math.ceil(40_000 / (rows + 4))
  const request = async (index: number): Promise<number> => {
    const body = featureRequest(jsonBody(sent[index % sent.length]))
    const response = await getOnlineFeatures(context, {
      features: body.featureService === null ? body.features : registered,
      entities: body.entities,
      coerce: jsonEntityValue,
    })
    const answer = encodeOnlineFeatures(response, { lend: true })
    giveBackAnswer(answer)
    return answer.length
  }
  for (let index = 0; index < 300; index++) await request(index)
  const whole: number[] = []
  const encode: number[] = []
  for (let round = 0; round < rounds; round++) {
    whole.push(await microsPerCall(requests, request))
    const responses = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        getOnlineFeatures(context, { features: registered, entities: { user_id: idsOf(sent[index], rows) } }),
      ),
    )
    encode.push(
      await microsPerCall(requests, async (index) => {
        const response = responses[index % responses.length]
        if (response === undefined) return 0
        const answer = encodeOnlineFeatures(response, { lend: true })
        giveBackAnswer(answer)
        return answer.length
      }),
    )
  }
  return { whole: median(whole), encode: median(encode) }
}

function idsOf(body: Buffer | undefined, rows: number): readonly number[] {
  const { entities } = jsonBody(body) as { readonly entities: { readonly user_id: readonly number[] } }
  return entities.user_id.slice(0, rows)
}

async function microsPerCall(calls: number, call: (index: number) => Promise<number>): Promise<number> {
  const before = process.cpuUsage()
  for (let index = 0; index < calls; index++) await call(index)
  const { user: own, system } = process.cpuUsage(before)
  return (own + system) / calls
}

const rows: string[][] = []
const barRows: Bar[] = []
for (const count of [1, 10, 100]) {
  const byService = await measureRows(count, false)
  const byReference = await measureRows(count, true)
  const micros = (value: number): string => `${value.toFixed(1)} µs`
  rows.push([`${count} × 50`, micros(byService.whole), micros(byReference.whole), micros(byService.encode)])
  const bar = bars[count] ?? Number.NaN
  barRows.push({
    name: `${count} rows × 50 features, of ${bar} µs`,
    limit: 1,
    measured: byService.whole / bar,
    absolute: true,
  })
}
await store.close()
rmSync(folder, { recursive: true, force: true })

recordResult('read-path', {
  title: 'Read path',
  method: `Processor time per request without store and network, median of ${rounds} rounds: from the bytes of the body to those of the answer. 5 views × 10 features (Int64 and Float64) of one service; the store answers at once from cells made beforehand.`,
  columns: ['rows × features', 'by feature service', 'by 50 references', 'of it, JSON of the answer'],
  rows,
  bars: barRows,
  notes: [],
})
