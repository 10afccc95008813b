import type { ConfigKey, Keys, StoreType } from './config-key.ts'
import { storeKeys, topLevelKeys } from './feature-store-keys.ts'
import { type StoreKind, selectorOf, standardTypes, storeTypes } from './store-types.ts'

type Schema = Readonly<Record<string, unknown>>

/** What editors say about each of the keys that hold a store. */
const docs: Readonly<Record<StoreKind, string>> = {
  registry: 'where the definitions are kept: the path of a file, or a block',
  online_store: 'where the latest values are kept; null for nowhere',
  offline_store: 'what reads the history',
  batch_engine: 'what moves history to the online store',
  auth: 'how callers of servers authenticate',
}

/** The JSON Schema of `feature_store.yaml`, made from the same tables as the checks. */
export function configJsonSchema(): Schema {
  const stores = Object.fromEntries(storeKeys.map((kind) => [kind, storeSchema(kind)]))
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'feature_store.yaml',
    description: 'Configuration of a feature repository, as Feast 0.67 and feast-ts read it.',
    type: 'object',
    required: ['project', 'registry'],
    properties: { ...propertiesOf(topLevelKeys), ...stores },
    additionalProperties: true,
  }
}

/** Text that is replaced from the environment may stand where a number or a flag is expected. */
const variable: Schema = { type: 'string', pattern: '\\$' }

const shapes: Readonly<Record<ConfigKey['kind'], (key: ConfigKey) => Schema>> = {
  text: () => ({ type: 'string' }),
  integer: (key) => ({ anyOf: [{ type: 'integer', ...minimumOf(key) }, variable] }),
  number: (key) => ({ anyOf: [{ type: 'number', ...minimumOf(key) }, variable] }),
  flag: () => ({ anyOf: [{ type: 'boolean' }, variable] }),
  list: () => ({ type: 'array' }),
  map: () => ({ type: 'object' }),
  choice: (key) => ({ anyOf: [{ enum: key.choices }, variable] }),
  block: (key) => blockSchema(key.keys ?? {}, key.unknownKeys),
  any: () => ({}),
}

const minimumOf = (key: ConfigKey): Schema => (key.minimum === undefined ? {} : { minimum: key.minimum })

function keySchema(key: ConfigKey): Schema {
  const shape = shapes[key.kind](key)
  return {
    description: key.doc,
    ...(key.default !== undefined && { default: key.default }),
    ...(key.nullable ? { anyOf: [shape, { type: 'null' }] } : shape),
  }
}

function propertiesOf(keys: Keys): Schema {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, keySchema(key)]))
}

function requiredOf(keys: Keys): readonly string[] {
  return Object.entries(keys).flatMap(([name, key]) => (key.required ? [name] : []))
}

function blockSchema(keys: Keys, unknownKeys: 'kept' | undefined, type?: Schema): Schema {
  const required = requiredOf(keys)
  return {
    type: 'object',
    properties: { ...type, ...propertiesOf(keys) },
    ...(required.length > 0 && { required }),
    additionalProperties: unknownKeys === 'kept',
  }
}

/** A short name, a class path or package, or a block whose keys follow from its type. */
function storeSchema(kind: StoreKind): Schema {
  const selector = selectorOf(kind)
  const types = Object.entries(storeTypes[kind]).filter((entry): entry is [string, StoreType] => entry[1] !== undefined)
  const names = types.map(([name]) => name)
  const isOpen = kind !== 'auth'
  const plugin: Schema = { type: 'string', pattern: '[./@:$-]|([Ss]tore|[Ee]ngine)$' }
  const typeSchema: Schema = { [selector]: { anyOf: [{ enum: names }, ...(isOpen ? [plugin] : [variable])] } }
  const block: Schema = {
    type: 'object',
    properties: typeSchema,
    allOf: types.map(([name, type]) => ({
      if: {
        properties: { [selector]: { const: name } },
        ...(standardTypes[kind] === name ? {} : { required: [selector] }),
      },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: blockSchema(type.keys, kind === 'batch_engine' ? 'kept' : type.unknownKeys, { [selector]: {} }),
    })),
  }
  const scalar: Schema = kind === 'registry' ? { type: 'string' } : { anyOf: [{ enum: names }, plugin] }
  const forms = [...(kind === 'auth' ? [] : [scalar]), block, ...(kind === 'online_store' ? [{ type: 'null' }] : [])]
  return { description: docs[kind], anyOf: forms }
}
