import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { DescMessage } from '@bufbuild/protobuf'
import { fromBinary, toJson } from '@bufbuild/protobuf'
import { Instant } from '../../../src/base/instant.ts'
import type { RegistryKind } from '../../../src/model/registry-contents.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { deserializeEntityKey } from '../../../src/types/entity-key.ts'
import { valueFromProtoJson } from '../../../src/types/proto-json.ts'
import { decodeValue } from '../../../src/types/value-codec.ts'
import { RegistrySchema } from '../../../src/wire/gen/feast/core/Registry_pb.ts'
import { registryFromBytes } from '../../../src/wire/registry.ts'
import { codecs, objectFromBytes, objectToBytes } from '../../../src/wire/registry-objects.ts'
import { type GoldenValue, type JsonObject, listOf, objectOf, plainJson, readGoldenJson } from '../golden-json.ts'
import { type Checks, canonical } from '../outcome.ts'
import { writeParquet } from '../write-parquet.ts'

type Section = (checks: Checks, section: JsonObject, repo: string) => Promise<void>

/** Small recordings of single behaviours, by the name of their section. */
const sections: { readonly [name: string]: Section } = {
  dedup: judgeDedup,
  versioning: judgeVersioning,
  sql_registry: judgeSqlRegistry,
  precomputed: judgePrecomputed,
}

/** Sections that are texts to read, not results. */
const notes = new Set(['precomputed_error'])

export async function judgeExtras(checks: Checks, path: string): Promise<void> {
  for (const [name, section] of Object.entries(objectOf(readGoldenJson(path)))) {
    if (notes.has(name)) continue
    const judge = sections[name]
    if (judge === undefined) {
      checks.fail(name, 'a section that can be run', 'this section is not known')
      continue
    }
    const repo = mkdtempSync(join(tmpdir(), 'feast-ts-golden-'))
    try {
      mkdirSync(join(repo, 'data'))
      await checks.attempt(name, 'the section can be run', () => judge(checks, objectOf(section), repo))
    } finally {
      rmSync(repo, { recursive: true, force: true })
    }
  }
}

const fromBase64 = (text: unknown): Uint8Array => Uint8Array.from(Buffer.from(String(text), 'base64'))

function configOf(project: string, extra: object = {}): Record<string, unknown> {
  return {
    project,
    provider: 'local',
    registry: 'data/registry.db',
    online_store: { type: 'sqlite', path: 'data/online_store.db' },
    offline_store: { type: 'duckdb' },
    ...extra,
  }
}

/** Rows `[id, event offset, created offset, value]`, materialized in a window: which value of each id stays. */
async function judgeDedup(checks: Checks, section: JsonObject, repo: string): Promise<void> {
  const bytes = fromBase64(section.registry_b64)
  const contents = registryFromBytes(bytes)
  checks.pass()
  const [view] = contents.featureViews
  const source = view?.batchSource
  const [interval] = listOf(section.materialization_intervals).map(listOf)
  const [start, end] = (interval ?? []).map((text) => Instant.parse(String(text)))
  if (view === undefined || source?.kind !== 'file' || start === undefined || end === undefined) {
    throw new Error('the section has no view over a file or no window')
  }
  const recorded = view.intervals.map((each) => [each.start, each.end])
  checks.equal('dedup: intervals of the registry', recorded, [[start, end]])
  const offset = Number(/(-?\d+) s to/.exec(String(section.window))?.[1] ?? 0)
  const zero = start.epochMicros - BigInt(offset) * 1_000_000n
  const at = (seconds: unknown): Instant => Instant.fromEpochMicros(zero + BigInt(Number(seconds)) * 1_000_000n)
  const [key] = view.entityColumns
  const [feature] = view.features
  const rows = listOf(section.rows_id_eventoffset_createdoffset_value).map((row) => {
    const [id, event, created, value] = listOf(row)
    return { id: BigInt(Number(id)), event: at(event), created: at(created), value: BigInt(Number(value)) }
  })
  await writeParquet(
    join(repo, source.path),
    rows.map((row) => ({
      [key?.name ?? '']: row.id,
      [source.timestampField]: row.event,
      [source.createdTimestampColumn]: row.created,
      [feature?.name ?? '']: row.value,
    })),
  )
  writeFileSync(join(repo, 'data/registry.db'), bytes)
  await using store = await openStore(configOf(view.project), { repoPath: repo, definitions: [] })
  await store.apply([], { partial: true })
  await store.materialize({ start, end })
  const ids = Object.keys(objectOf(section.online_values))
  const response = await store.getOnlineFeatures({
    features: [`${view.name}:${feature?.name}`],
    entities: ids.map((id) => ({ [key?.name ?? '']: BigInt(id) })),
  })
  const values = response.column(feature?.name ?? '')
  ids.forEach((id, index) => {
    const inWindow = rows.filter(
      (row) => row.id === BigInt(id) && row.event.compare(start) >= 0 && row.event.compare(end) <= 0,
    )
    const best = inWindow.toSorted((a, b) => b.event.compare(a.event) || b.created.compare(a.created))
    const tied = best.filter(
      (row) => row.event.equals(best[0]?.event ?? at(0)) && row.created.equals(best[0]?.created ?? at(0)),
    )
    // Of rows that tie in both times Feast takes any; here it is always the last in the file.
    const expected = tied.length > 1 ? tied.at(-1)?.value : objectOf(section.online_values)[id]
    checks.equal(`dedup: value of ${id}`, values[index], expected)
  })
  const after = (await store.contents()).featureViews.find((each) => each.name === view.name)
  checks.equal('dedup: interval of the run', after?.intervals.at(-1), { start, end })
}

/** A view that changed its features: its record of versions, and a read of each version's own table. */
async function judgeVersioning(checks: Checks, section: JsonObject, repo: string): Promise<void> {
  const bytes = fromBase64(section.registry_b64)
  const contents = registryFromBytes(bytes)
  const [view] = contents.featureViews
  if (view === undefined) throw new Error('the section has no view')
  const steps = listOf(section.steps).map(objectOf)
  const versions = steps.map((step) => Number(step.current_version_number ?? 0))
  checks.equal('versioning: current version', view.currentVersion ?? null, steps.at(-1)?.current_version_number)
  const numbers = contents.versionHistory.map((record) => record.version).sort((a, b) => a - b)
  checks.equal(
    'versioning: recorded versions',
    numbers,
    [...new Set(versions)].sort((a, b) => a - b),
  )
  const online = objectOf(section.online)
  const counts = Object.entries(objectOf(online.tables)).map(([table, rows]) => [table, listOf(rows).length])
  checks.equal('versioning: tables', Object.fromEntries(counts), steps.at(-1)?.tables)
  restoreOnline(join(repo, 'data/online_store.db'), online)
  writeFileSync(join(repo, 'data/registry.db'), bytes)
  const registry = { registry_type: 'file', path: 'data/registry.db', enable_online_feature_view_versioning: true }
  await using store = await openStore(configOf(view.project, { registry }), { repoPath: repo, definitions: [] })
  const read = objectOf(section.versioned_read)
  const names = listOf(objectOf(objectOf(read.metadata).feature_names).val).map(String)
  const results = listOf(read.results).map(objectOf)
  const isFeature = (name: string): boolean => name.includes('__')
  const keys = names.filter((name) => !isFeature(name))
  const entity = keys.map((name) => [name, answered(results[names.indexOf(name)]).value])
  const response = await store.getOnlineFeatures({
    features: names.filter(isFeature).map((name) => name.replace('__', ':')),
    entities: [Object.fromEntries(entity)],
    fullFeatureNames: true,
  })
  for (const name of names.filter(isFeature)) {
    const result = results[names.indexOf(name)]
    const [time] = listOf(result?.event_timestamps).map((text) => Instant.parse(String(text)))
    checks.equal(
      `versioning: ${name}`,
      { value: response.column(name)[0], status: response.statuses(name)[0], time: response.eventTimestamps(name)[0] },
      { value: answered(result).value, status: listOf(result?.statuses)[0], time },
    )
  }
}

function answered(result: JsonObject | undefined): ReturnType<typeof valueFromProtoJson> {
  return valueFromProtoJson(plainJson(listOf(result?.values)[0] ?? {}))
}

/** A SQLite file from its recorded definition and rows; bytes are `{"b64": …}`. */
function restoreOnline(path: string, dump: JsonObject): void {
  const database = new DatabaseSync(path)
  for (const statement of listOf(dump.ddl)) database.exec(String(statement))
  for (const [table, rows] of Object.entries(objectOf(dump.tables))) {
    for (const row of listOf(rows).map(objectOf)) {
      const names = Object.keys(row)
      const marks = names.map(() => '?').join(', ')
      const insert = `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${marks})`
      database.prepare(insert).run(...names.map((name) => cell(row[name])))
    }
  }
  database.close()
}

function cell(value: GoldenValue | undefined): null | number | string | Uint8Array {
  const { b64 } = objectOf(value)
  if (b64 !== undefined) return fromBase64(b64)
  return typeof value === 'number' || typeof value === 'string' ? value : null
}

const kindOfTable: { readonly [table: string]: RegistryKind } = {
  data_sources: 'dataSources',
  entities: 'entities',
  feature_services: 'featureServices',
  feature_views: 'featureViews',
  label_views: 'labelViews',
  on_demand_feature_views: 'onDemandFeatureViews',
  permissions: 'permissions',
  projects: 'projects',
  saved_datasets: 'savedDatasets',
  stream_feature_views: 'streamFeatureViews',
  validation_references: 'validationReferences',
}

/** Objects in the tables of a SQL registry, which are the messages of the file registry one by one. */
async function judgeSqlRegistry(checks: Checks, section: JsonObject): Promise<void> {
  const merged = objectOf(
    toJson(RegistrySchema, fromBinary(RegistrySchema, fromBase64(section.merged_proto_b64)), {
      useProtoFieldName: true,
    }) as GoldenValue,
  )
  for (const [table, rows] of Object.entries(objectOf(objectOf(section.dump).tables))) {
    const kind = kindOfTable[table]
    if (kind === undefined) continue
    const ours = listOf(rows).map((row) => {
      const [, proto] = Object.entries(objectOf(row)).find(([name]) => name.endsWith('_proto')) ?? []
      return throughModel(checks, `sql_registry: ${table}`, kind, fromBase64(objectOf(proto).b64))
    })
    const wanted = listOf(merged[table]).map((object) => withoutProject(object))
    checks.equal(`sql_registry: ${table}`, ours.map(canonical).sort(), wanted.map(canonical).sort())
  }
}

/** The message of an object after it was read into the model, edited, written, and edited back. */
function throughModel(checks: Checks, step: string, kind: RegistryKind, bytes: Uint8Array): unknown {
  const { schema } = codecs[kind] as unknown as { readonly schema: DescMessage }
  const object = objectFromBytes(kind, bytes)
  const edited = objectFromBytes(
    kind,
    objectToBytes(kind, { ...object, description: `${object.description} (edited)` }),
  )
  const back = objectToBytes(kind, { ...edited, description: object.description })
  const json = (from: Uint8Array): GoldenValue =>
    toJson(schema, fromBinary(schema, from), { useProtoFieldName: true }) as GoldenValue
  checks.equal(`${step} through the model`, json(back), json(bytes))
  return withoutProject(json(bytes))
}

/** A SQL registry keeps the project beside the message in some tables. */
function withoutProject(object: GoldenValue): unknown {
  const { project: _project, spec, ...rest } = objectOf(object)
  if (spec === undefined) return rest
  const { project: _specProject, ...shown } = objectOf(spec)
  return { ...rest, spec: shown }
}

/** The online rows that vectors were to be computed from. */
async function judgePrecomputed(checks: Checks, section: JsonObject): Promise<void> {
  for (const [table, rows] of Object.entries(objectOf(objectOf(section.online).tables))) {
    for (const row of listOf(rows).map(objectOf)) {
      const key = deserializeEntityKey(fromBase64(objectOf(row.entity_key).b64))
      const value = decodeValue(fromBase64(objectOf(row.value).b64))
      const text = value === null || typeof value === 'object' ? null : String(value)
      checks.equal(`precomputed: ${table} ${canonical(key.values)} ${String(row.feature_name)}`, text, row.value_text)
    }
  }
}
