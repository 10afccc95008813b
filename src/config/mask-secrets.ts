import { hideSecretsInText, secretName } from '../base/secrets.ts'
import { isMapping, type Mapping } from './check-keys.ts'
import type { Keys } from './config-key.ts'
import { storeKeys, topLevelKeys } from './feature-store-keys.ts'
import { selectorOf, storeTypes, typeNamed } from './store-types.ts'

const mask = '********'

/** Names of keys that say where a store is: of those one wants to see all but the secret. */
const connectionName = /connection_string|(^|_)(path|uri|url|dsn)$/i

/** A configuration with every secret replaced by stars, for output. Keys stay, so that one sees what is set. */
export function maskSecrets(written: Mapping): Mapping {
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => [name, maskValue(name, value, keysOf(name, value))]),
  )
}

function keysOf(name: string, value: unknown): Keys {
  const kind = storeKeys.find((key) => key === name)
  if (kind === undefined) return topLevelKeys
  const selector = isMapping(value) ? value[selectorOf(kind)] : undefined
  const type = typeof selector === 'string' ? storeTypes[kind][typeNamed(kind, selector)] : undefined
  return type?.keys ?? {}
}

function maskValue(name: string, value: unknown, keys: Keys): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => maskValue(name, item, keys))
  if (isMapping(value)) {
    const inner = keys[name]?.keys ?? keys
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskValue(key, item, inner)]))
  }
  if (value === null || typeof value === 'boolean') return value
  if (secretName.test(name) || isSecret(keys, name)) {
    return connectionName.test(name) ? hideInConnection(String(value)) : mask
  }
  return typeof value === 'string' ? hideSecretsInText(value, () => mask) : value
}

const isSecret = (keys: Keys, name: string): boolean => Object.hasOwn(keys, name) && keys[name]?.secret === true

/** A connection text in which the secret cannot be told from the rest goes as a whole. */
function hideInConnection(value: string): string {
  const cleaned = hideSecretsInText(value, () => mask)
  return cleaned !== value || /^[\w.-]+:\d+$|^\w+:\/\/[^@]*$/.test(value) ? cleaned : mask
}
