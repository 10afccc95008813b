import { DuckDBInstance } from '@duckdb/node-api'
import type { FeatureRow, FeatureStore, FeatureValue } from 'feast-ts'
import { Instant } from '../../src/base/instant.ts'
import { dummyEntityName } from '../../src/model/entity.ts'
import type { RegistryObject } from '../../src/model/registry-contents.ts'
import { describeObject } from '../../src/wire/json.ts'

/** Objects as proto-JSON, by kind, in order of name. */
export type Listing = Readonly<Record<(typeof kinds)[number], readonly Readonly<Record<string, unknown>>[]>>

const kinds = [
  'projects',
  'entities',
  'dataSources',
  'featureViews',
  'streamFeatureViews',
  'onDemandFeatureViews',
  'featureServices',
  'savedDatasets',
  'labelViews',
  'permissions',
] as const

/** What a store lists, in the form in which `feast_side.py list` prints what real Feast lists. */
export async function listedByUs(store: FeatureStore): Promise<Listing> {
  const contents = await store.refreshRegistry()
  const described = (objects: readonly RegistryObject[]): Readonly<Record<string, unknown>>[] =>
    objects
      .filter((object) => object.name !== dummyEntityName)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((object) => describeObject(object, contents))
  return Object.fromEntries(kinds.map((kind) => [kind, described(contents[kind])])) as unknown as Listing
}

/** Values by column, in the form in which `feast_side.py online` prints them. */
export async function onlineByUs(
  store: FeatureStore,
  features: readonly string[],
  entities: readonly FeatureRow[],
): Promise<unknown> {
  const response = await store.getOnlineFeatures({
    features: [...features],
    entities: [...entities],
    fullFeatureNames: true,
  })
  return Object.fromEntries(response.names.map((name) => [name, response.column(name).map(plain)]))
}

function plain(value: FeatureValue): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Instant) return String(value.epochMicros / 1_000_000n)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return Array.isArray(value) ? value.map(plain) : value
}

/** All rows of a Parquet file, in the order of one column. */
export async function rowsOfParquet(path: string, orderBy: string): Promise<readonly unknown[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run("SET TimeZone = 'UTC'")
    const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet($1) ORDER BY "${orderBy}"`, [path])
    return reader.getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/**
 * A listing without what Python's objects don't carry after loading: the registry adds project and class names when it
 * writes them, the times of sources inside other objects are made up when they are loaded, an on-demand view's sources
 * get their keys from the sources' names, and a function is pickled anew from its text.
 */
export function asPythonLists(listing: unknown): unknown {
  return JSON.parse(
    JSON.stringify(listing, (name, value: unknown) => {
      if (['project', 'dataSourceClassType', 'body'].includes(name)) return undefined
      if (nestedSources.includes(name)) return { ...(value as object), meta: undefined }
      if (name === 'sources') return Object.values(value as Record<string, object>).toSorted(byKind)
      return value
    }),
  )
}

/** An on-demand view's source holds a view's projection or a request source. */
const byKind = (a: object, b: object): number => (Object.keys(a).join() < Object.keys(b).join() ? -1 : 1)

const nestedSources = ['batchSource', 'streamSource', 'requestDataSource']

/** A listing without the times at which objects were made and changed, which every apply sets anew. */
export function withoutTimes(listing: unknown): unknown {
  return without(listing, ['createdTimestamp', 'lastUpdatedTimestamp'])
}

function without(listing: unknown, names: readonly string[]): unknown {
  return JSON.parse(JSON.stringify(listing, (name, value: unknown) => (names.includes(name) ? undefined : value)))
}
