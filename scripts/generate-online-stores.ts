/** Puts the support matrix into `docs/online-stores.md`, from what the stores declare of themselves. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onlineStores } from '../src/plugin/catalogue.ts'
import type { OnlineStoreCapabilities } from '../src/plugin/online-store.ts'

const path = fileURLToPath(new URL('../docs/online-stores.md', import.meta.url))
const [begin, end] = [
  '<!-- matrix: made by scripts/generate-online-stores.ts; do not edit -->',
  '<!-- end of matrix -->',
]

const yes = (is: boolean): string => (is ? 'yes' : 'no')

/** A row of the matrix for every capability; a new one does not compile without its row. */
const rows: Readonly<
  Record<keyof OnlineStoreCapabilities, readonly [title: string, shown: (declared: OnlineStoreCapabilities) => string]>
> = {
  createdTimestamps: ['of equal events the later created one stays', (store) => yes(store.createdTimestamps)],
  eventPrecisionMicros: [
    'kept of event times',
    (store) => (store.eventPrecisionMicros === 1n ? 'microseconds' : `${store.eventPrecisionMicros / 1_000_000n} s`),
  ],
  transactionalBatches: ['a batch becomes visible at once', (store) => yes(store.transactionalBatches)],
  oneRoundTrip: ['one round trip for all views of a request', (store) => yes(store.oneRoundTrip)],
  versionedViews: ['a table per version of a view', (store) => yes(store.versionedViews)],
  keyTtl: ['rows expire by themselves', (store) => yes(store.keyTtl)],
  vectorSearch: ['vector search', (store) => yes(store.vectorSearch)],
  missingInFeast: ["a missing key in Feast's answers", (store) => `\`${store.missingInFeast}\``],
}

const stores = await Promise.all(
  Object.entries(onlineStores).map(async ([type, row]) => {
    const { capabilities } = await row.load()
    return { type, driver: row.driver, capabilities }
  }),
)

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const matrix = [
  line(['', ...stores.map(({ type }) => `[${type}](#${type})`)]),
  line(['---', ...stores.map(() => '---')]),
  ...Object.values(rows).map(([title, shown]) => line([title, ...stores.map((store) => shown(store.capabilities))])),
  line(['install', ...stores.map(({ driver }) => (driver === undefined ? 'nothing' : `\`npm i ${driver.package}\``))]),
  line(['versions of the driver', ...stores.map(({ driver }) => (driver === undefined ? '' : `\`${driver.range}\``))]),
].join('\n')

const page = readFileSync(path, 'utf8')
const [before, after] = [page.indexOf(begin), page.indexOf(end)]
if (before === -1 || after < before) throw new Error(`${path} has no place for the matrix`)
writeFileSync(path, `${page.slice(0, before)}${begin}\n\n${matrix}\n\n${page.slice(after)}`)
