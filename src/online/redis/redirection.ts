import type { RedisAddress } from './redis-config.ts'
import type { ServerRefusal } from './redis-errors.ts'

/** A cluster's answer that another server keeps a key: for good (`MOVED`), or while its slot is on the move (`ASK`). */
export interface Redirection {
  readonly kind: 'MOVED' | 'ASK'
  readonly slot: number
  /** The host is empty when it is the one that answered. */
  readonly address: RedisAddress
}

/** The redirection that an error is, or null. Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
export function redirectionOf(refusal: ServerRefusal): Redirection | null {
  const [kind, slot, address = ''] = refusal.message.split(' ')
  if (kind !== 'MOVED' && kind !== 'ASK') return null
  const colon = address.lastIndexOf(':')
  const port = Number(address.slice(colon + 1))
  if (colon === -1 || !Number.isInteger(port) || !Number.isInteger(Number(slot))) return null
  return { kind, slot: Number(slot), address: { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port } }
}
