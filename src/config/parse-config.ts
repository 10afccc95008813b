import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { didYouMean, suggestionHint } from '../base/suggest.ts'
import { isProjectName } from '../model/project.ts'
import {
  type ConfigFault,
  checkKeys,
  doubtfulKeysIn,
  isMapping,
  type Mapping,
  missingKey,
  shown,
} from './check-keys.ts'
import type { ConfigKey, Keys, StoreType } from './config-key.ts'
import { type ConfigSource, objectSource } from './config-source.ts'
import type { FeatureStoreConfig, RegistryConfig, StoreConfig } from './feature-store-config.ts'
import { storeKeys, topLevelKeys } from './feature-store-keys.ts'
import { type StoreKind, selectorOf, standardTypes, storeTypes, typeNamed } from './store-types.ts'

/**
 * The typed configuration of an object with the keys of `feature_store.yaml`, in Feast's spelling.
 * Store blocks come out with Feast's defaults filled in.
 * @throws FTS1003 … FTS1007 with the first fault; the others are in the notes.
 */
export function parseConfig(written: unknown, source: ConfigSource = objectSource): FeatureStoreConfig {
  if (!isMapping(written)) throw faultError(notAMapping(written, source), [], source)
  const faults = [...faultsOf(written)]
  const [first, ...others] = faults
  if (first !== undefined) throw faultError(first, others, source)
  return build(written, source)
}

/** Keys that Feast does not know and silently keeps, though they look like a known one. */
export function doubtfulKeys(written: unknown): readonly string[] {
  if (!isMapping(written)) return []
  const blocks = storeKeys.flatMap((kind) => {
    const block = written[kind]
    const known = storeTypes[kind][typeOf(kind, block) ?? '']
    return isMapping(block) && known
      ? [...doubtfulKeysIn(block, { [selectorOf(kind)]: anyKey, ...known.keys }, [kind])]
      : []
  })
  return [...doubtfulKeysIn(written, everyTopLevelKey, []), ...blocks]
}

const anyKey: ConfigKey = { kind: 'any', doc: 'checked on its own' }
const everyTopLevelKey: Keys = { ...topLevelKeys, ...Object.fromEntries(storeKeys.map((kind) => [kind, anyKey])) }

function* faultsOf(written: Mapping): Generator<ConfigFault> {
  const single = Object.fromEntries(
    Object.entries(written).filter(([name]) => !(storeKeys as readonly string[]).includes(name)),
  )
  yield* checkKeys(single, topLevelKeys, { path: [], unknownKeys: 'kept', inside: 'the configuration' })
  yield* projectFaults(written)
  if (written.registry === undefined || written.registry === null) {
    const doc = 'path or block of the registry, such as data/registry.db'
    yield missingKey(['registry'], { doc }, { written, known: Object.keys(everyTopLevelKey) })
  }
  for (const kind of storeKeys) yield* storeFaults(kind, written[kind])
  const version = written.entity_key_serialization_version
  if (Number.isInteger(version) && version !== 2 && version !== 3) {
    yield {
      code: 'FTS1005',
      path: ['entity_key_serialization_version'],
      part: 'value',
      message: `entity_key_serialization_version must be 2 or 3, not ${version}.`,
      notes: ['rows written under version 1 must be materialized again'],
    }
  }
}

function* projectFaults(written: Mapping): Generator<ConfigFault> {
  const project = written.project
  if (typeof project !== 'string') return
  const fault = (message: string): ConfigFault => ({ code: 'FTS1006', path: ['project'], part: 'value', message })
  if (!isProjectName(project)) yield fault(`"${project}" is not a project name.`)
  else if (project.includes('-') && typeOf('online_store', written.online_store) === 'sqlite') {
    yield fault(`The project name "${project}" has a hyphen, which table names of SQLite cannot have.`)
  }
}

/** The type that a store's value names, in short form; null when there is no online store. */
function typeOf(kind: StoreKind, value: unknown): string | null {
  if (kind === 'online_store' && (value === null || value === 'none')) return null
  const named = isMapping(value) ? (value[selectorOf(kind)] ?? undefined) : kind === 'registry' ? undefined : value
  return typeof named === 'string' ? typeNamed(kind, named) : standardTypes[kind]
}

function* storeFaults(kind: StoreKind, value: unknown): Generator<ConfigFault> {
  if (value === undefined || value === null) return
  if (!isMapping(value) && (typeof value !== 'string' || kind === 'auth')) {
    const message = `${kind} must be ${kind === 'auth' ? '' : 'a name or '}a mapping, not ${shown(value)}.`
    yield { code: 'FTS1005', path: [kind], part: 'value', message }
    return
  }
  const type = typeOf(kind, value)
  if (type === null) return
  const known: StoreType | undefined = storeTypes[kind][type]
  if (known === undefined) {
    if (!isPlugin(kind, type)) yield unknownType(kind, type, isMapping(value))
    return
  }
  if (!isMapping(value)) {
    if (kind !== 'registry') yield* checkKeys({}, known.keys, { path: [kind], unknownKeys: 'kept', inside: kind })
    return
  }
  const inside = `the ${type} block of ${kind}`
  // Feast's batch engines and `local` accept any key; a plug-in checks its own.
  const unknownKeys = kind === 'batch_engine' ? 'kept' : (known.unknownKeys ?? 'refused')
  yield* checkKeys(value, known.keys, { path: [kind], unknownKeys, inside, selector: selectorOf(kind) })
}

/**
 * A class path, a package or a file, which the plug-in loader resolves when the store is used. A package without a dash
 * or a scope is not told from a mistyped name. Feast has no registries of third parties.
 */
function isPlugin(kind: StoreKind, type: string): boolean {
  if (kind === 'auth') return false
  if (kind === 'registry') return /^(@|\.{0,2}\/)|\w-/.test(type) && !isMistyped(kind, type)
  return /[./@:]/.test(type) || /(store|engine)$/i.test(type) || (type.includes('-') && !isMistyped(kind, type))
}

const isMistyped = (kind: StoreKind, type: string): boolean =>
  didYouMean(type, Object.keys(storeTypes[kind])) !== undefined

function unknownType(kind: StoreKind, type: string, inBlock: boolean): ConfigFault {
  const known = Object.keys(storeTypes[kind])
  return {
    code: 'FTS1007',
    path: inBlock ? [kind, selectorOf(kind)] : [kind],
    part: 'value',
    message: `Unknown type "${type}" of ${kind}.`,
    hint: suggestionHint(type, known) ?? 'no such type',
    notes: [`known types: ${known.join(', ')}`],
  }
}

function notAMapping(written: unknown, source: ConfigSource): ConfigFault {
  const found = written === null || written === undefined ? 'is empty' : 'is not a mapping of keys to values'
  const notes = ['the least that is needed: project: NAME and registry: data/registry.db']
  return { code: 'FTS1005', path: [], part: 'value', message: `${source.name} ${found}.`, notes }
}

function faultError(fault: ConfigFault, others: readonly ConfigFault[], source: ConfigSource): FeatureStoreError {
  const place =
    fault.code === 'FTS1004'
      ? (source.placeOf(fault.path, 'key') ?? source.placeOf(fault.path.slice(0, -1), 'key'))
      : source.placeOf(fault.path, fault.path.length === 0 ? 'key' : fault.part)
  return new FeatureStoreError(fault.code, {
    message: fault.message,
    where: place ?? (source.path === null ? undefined : { file: source.path }),
    hint: fault.hint,
    notes: [...(fault.notes ?? []), ...others.map((other) => `also: ${other.message}`)],
    field: fault.path.length === 0 ? undefined : fault.path.join('.'),
  })
}

function build(written: Mapping, source: ConfigSource): FeatureStoreConfig {
  const materialization = isMapping(written.materialization) ? written.materialization : {}
  const { entity_key_serialization_version: version, coerce_tz_aware: coerce, feature_server: server } = written
  const batchSize = materialization.online_write_batch_size
  return {
    project: String(written.project),
    projectDescription: typeof written.project_description === 'string' ? written.project_description : '',
    provider: typeof written.provider === 'string' ? written.provider : 'local',
    registry: buildRegistry(written.registry),
    onlineStore: typeOf('online_store', written.online_store) === null ? null : buildStore('online_store', written),
    offlineStore: buildStore('offline_store', written),
    batchEngine: buildStore('batch_engine', written),
    auth: buildStore('auth', written),
    featureServer: buildFeatureServer(server, written.serving),
    entityKeySerializationVersion: version === 2 ? 2 : 3,
    compatibility: written.compatibility === 'feast' ? 'feast' : null,
    coerceTzAware: coerce === undefined ? true : truth(coerce),
    materialization: {
      pullLatestFeatures: truth(materialization.pull_latest_features ?? false),
      onlineWriteBatchSize: typeof batchSize === 'number' ? batchSize : null,
    },
    extra: Object.fromEntries(Object.entries(written).filter(([name]) => !taken.has(name))),
    path: source.path,
  }
}

/** Keys that have a property of their own. */
const taken: ReadonlySet<string> = new Set([
  ...storeKeys,
  'project',
  'project_description',
  'provider',
  'feature_server',
  'entity_key_serialization_version',
  'coerce_tz_aware',
  'compatibility',
  'materialization',
])

const truth = (value: unknown): boolean => ['true', 'yes', 'on', '1', 't', 'y'].includes(String(value).toLowerCase())

/** The keys of both blocks; of a key in both, that of `serving`. */
function buildFeatureServer(server: unknown, serving: unknown): FeatureStoreConfig['featureServer'] {
  if (!isMapping(server) && !isMapping(serving)) return null
  const [theirs, ours]: readonly Mapping[] = [isMapping(server) ? server : {}, isMapping(serving) ? serving : {}]
  const limits = { ...(isMapping(theirs?.limits) && theirs.limits), ...(isMapping(ours?.limits) && ours.limits) }
  return { ...theirs, ...ours, ...(Object.keys(limits).length > 0 && { limits }) }
}

function buildRegistry(value: unknown): RegistryConfig {
  const options: Mapping = isMapping(value) ? value : { path: value }
  return {
    type: typeOf('registry', value) ?? 'file',
    path: typeof options.path === 'string' ? options.path : '',
    cacheTtlSeconds: typeof options.cache_ttl_seconds === 'number' ? options.cache_ttl_seconds : 600,
    cacheMode: options.cache_mode === 'thread' ? 'thread' : 'sync',
    options,
  }
}

function buildStore(kind: Exclude<StoreKind, 'registry'>, written: Mapping): StoreConfig {
  const value = written[kind]
  const type = typeOf(kind, value) ?? standardTypes[kind]
  const { type: _type, ...block } = isMapping(value) ? value : {}
  const known: StoreType | undefined = storeTypes[kind][type]
  return { type, options: { ...(known && defaultsOf(known.keys)), ...(known ? normal(block, known.keys) : block) } }
}

function defaultsOf(keys: Keys): Mapping {
  return Object.fromEntries(
    Object.entries(keys).flatMap(([name, key]) => (key.default === undefined ? [] : [[name, key.default]])),
  )
}

/** Booleans that were written as text become booleans. */
function normal(block: Mapping, keys: Keys): Mapping {
  return Object.fromEntries(
    Object.entries(block).map(([name, value]) => [
      name,
      Object.hasOwn(keys, name) && keys[name]?.kind === 'flag' && value !== null ? truth(value) : value,
    ]),
  )
}
