import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { floorDivide } from '../../base/instant.ts'
import type { OnlineTable, OnlineWrite } from '../../plugin/online-store.ts'
import { cannotHold, type StoreServer, tooLarge } from '../online-common/server-errors.ts'
import { quoteIdentifier, tableName } from '../sql-common/identifiers.ts'

/** Tables of Feast's MySQL store: keys as hexadecimal text, whole seconds, values of up to 64 KiB. */

export const quoted = (name: string): string => quoteIdentifier(name, '`')

/** Sizes of Feast's columns. */
const mostKeyBytes = 256
const mostValueBytes = 65_535
const mostNameCharacters = 256
/** What `TIMESTAMP` holds: 0 stands for no time. Servers before MariaDB 11.5 end in 2038. */
const [firstSecond, lastSecond] = [1n, 4_294_967_295n]
/** The longest name of a table or an index, in characters. */
const mostIdentifierCharacters = 64

/** The name of the index on keys that Feast makes beside the primary key. */
export const indexName = (table: string): string => `${table}_ek`

/** @throws FTS5017 when the server has no name so long. */
export function createStatement(table: OnlineTable): string {
  const name = tableName(table)
  if ([...indexName(name)].length > mostIdentifierCharacters) {
    throw new FeatureStoreError('FTS5017', {
      message: `The table "${name}" cannot be made: MySQL has names of up to ${mostIdentifierCharacters} characters, and its index adds 3.`,
      hint: 'choose a shorter name for the project or the view',
    })
  }
  refuseEqualNames(table)
  const columns = [
    'entity_key VARCHAR(512)',
    `feature_name VARCHAR(${mostNameCharacters})`,
    'value BLOB',
    'event_ts timestamp NULL DEFAULT NULL',
    'created_ts timestamp NULL DEFAULT NULL',
    'PRIMARY KEY (entity_key, feature_name)',
    `KEY ${quoted(indexName(name))} (entity_key)`,
  ]
  return `CREATE TABLE IF NOT EXISTS ${quoted(name)} (${columns.join(', ')})`
}

/**
 * The collations that databases have by default tell neither case nor accents nor blanks at the end apart, so such
 * features would overwrite each other.
 */
function refuseEqualNames(table: OnlineTable): void {
  const known = new Map<string, string>()
  for (const { name } of table.features) {
    const folded = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().trimEnd()
    const other = known.get(folded)
    if (other !== undefined) {
      throw new FeatureStoreError('FTS5017', {
        message: `The features "${other}" and "${name}" of ${table.view} are one name to MySQL.`,
        hint: 'rename one of them',
      })
    }
    known.set(folded, name)
  }
}

/** Looks at everything before anything is written. @throws FTS5017 for what the columns cannot hold. */
export function refuseUnfit(server: StoreServer, batch: OnlineWrite): void {
  const found = batch.entityKeys.find((key) => key.length > mostKeyBytes)
  if (found !== undefined) throw tooLarge(server, { what: 'an entity key', bytes: found.length, most: mostKeyBytes })
  for (const [index, { name }] of batch.table.features.entries()) {
    if ([...name].length > mostNameCharacters) {
      throw cannotHold(server, `the name of a feature has more than ${mostNameCharacters} characters`)
    }
    const value = batch.values[index]?.find((each) => each.length > mostValueBytes)
    if (value === undefined) continue
    throw tooLarge(server, { what: `a value of feature "${name}"`, bytes: value.length, most: mostValueBytes })
  }
  const times = [...batch.eventMicros, ...batch.createdMicros.filter((micros) => micros !== null)].map(wholeSeconds)
  if (times.some((seconds) => seconds < firstSecond || seconds > lastSecond)) {
    throw cannotHold(server, 'MySQL has no times before 1970-01-01T00:00:01Z and after 2106')
  }
}

export const wholeSeconds = (micros: bigint): bigint => floorDivide(micros, 1_000_000n)

/** A time as the server takes it in a session whose zone is UTC. */
export function timestampText(micros: bigint): string {
  return new Date(Number(wholeSeconds(micros)) * 1000).toISOString().slice(0, 19).replace('T', ' ')
}

export const keyText = (key: Uint8Array): string => Buffer.from(key).toString('hex')
