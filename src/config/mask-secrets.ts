import { isMapping, type Mapping } from './check-keys.ts'
import type { Keys } from './config-key.ts'
import { storeKeys, topLevelKeys } from './feature-store-keys.ts'
import { storeTypes, typeNamed } from './store-types.ts'

const mask = '********'

/** Names that hold secrets in blocks of plug-ins and raw driver options. */
const secretName = /password|passphrase|secret|token$|api_?key|private_key|connection_string|credential/i

/** The password of a URL, and `password=` in Redis' connection strings. */
const secretInText = /(\/\/[^:@/\s]*:)[^@/\s]+(?=@)|(password=)[^,\s]+/gi

/** A configuration with every secret replaced by stars, for output. Keys stay, so that one sees what is set. */
export function maskSecrets(written: Mapping): Mapping {
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => [name, maskValue(name, value, keysOf(name, value))]),
  )
}

function keysOf(name: string, value: unknown): Keys {
  const kind = storeKeys.find((key) => key === name)
  if (kind === undefined) return topLevelKeys
  const selector = isMapping(value) ? (value.type ?? value.registry_type) : undefined
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
  if (secretName.test(name) || isSecret(keys, name)) return hide(String(value))
  return typeof value === 'string' ? value.replace(secretInText, `$1$2${mask}`) : value
}

const isSecret = (keys: Keys, name: string): boolean => Object.hasOwn(keys, name) && keys[name]?.secret === true

/** A connection text keeps what is not secret in it; anything else goes as a whole. */
function hide(value: string): string {
  const cleaned = value.replace(secretInText, `$1$2${mask}`)
  const isConnection = cleaned !== value || /^[\w.-]+:\d+$|^\w+:\/\/[^@]*$/.test(value)
  return isConnection ? cleaned : mask
}
