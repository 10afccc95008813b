import { plainField } from '../../src/model/field.ts'
import { onlineStores } from '../../src/plugin/catalogue.ts'
import { cellBytes, eventMicrosOf } from '../../src/plugin/online-cells.ts'
import type { OnlineStore, OnlineTable, OnlineWrite } from '../../src/plugin/online-store.ts'
import { testStoreOptions } from '../../src/testing/store-options.ts'
import { string } from '../../src/types/data-type.ts'
import { serializeEntityKey } from '../../src/types/entity-key.ts'
import { decodeValue, encodeValue } from '../../src/types/value-codec.ts'

/** Opens a store of the catalogue for a block `online_store`. */
export async function openOnlineStore(block: Readonly<Record<string, unknown>>): Promise<OnlineStore> {
  const { type, ...options } = block
  const row = onlineStores[String(type)]
  if (row === undefined) throw new Error(`no store "${String(type)}"`)
  return (await row.load()).open(testStoreOptions({ type: String(type), options }, '/nowhere'))
}

/** A view with two texts, which say of which event they are. */
export function tableOf(view: string, features: readonly string[] = ['a', 'b']): OnlineTable {
  const fields = features.map((name) => plainField(name, string))
  return { project: 'faults', view, version: null, joinKeys: ['id'], features: fields }
}

export const keyOf = (id: number): Uint8Array => serializeEntityKey(['id'], [{ kind: 'int64', value: BigInt(id) }], 3)

/** Rows of the keys 0 to `keyCount - 1`, all of one event. @param event seconds of the epoch. */
export function rowsOf(table: OnlineTable, keyCount: number, event: number): OnlineWrite {
  const ids = Array.from({ length: keyCount }, (_, id) => id)
  return {
    table,
    entityKeys: ids.map(keyOf),
    values: table.features.map(({ name, type }) => ids.map((id) => encodeValue(`${name} of ${id} at ${event}`, type))),
    eventMicros: ids.map(() => BigInt(event) * 1_000_000n),
    createdMicros: ids.map(() => null),
  }
}

/**
 * Reads the keys of {@link rowsOf} and returns the event of each in seconds, null where nothing is stored.
 * @throws when a value is not that of its key, feature and event.
 */
export async function readEvents(
  store: OnlineStore,
  table: OnlineTable,
  keyCount: number,
  signal?: AbortSignal,
): Promise<readonly (number | null)[]> {
  const features = table.features.map((feature) => feature.name)
  const entityKeys = Array.from({ length: keyCount }, (_, id) => keyOf(id))
  const [cells] = await store.read([{ table, features, entityKeys }], signal)
  if (cells === undefined) throw new Error('no answer')
  return entityKeys.map((_, id) => {
    const micros = eventMicrosOf(cells, id)
    const event = micros === null ? null : Number(micros / 1_000_000n)
    for (const [index, name] of features.entries()) {
      const bytes = cellBytes(cells, id, index)
      const value = bytes === null ? null : decodeValue(bytes)
      const wanted = event === null ? null : `${name} of ${id} at ${event}`
      if (value !== wanted) throw new Error(`feature ${name} of ${id} is ${String(value)}, not ${wanted}`)
    }
    return event
  })
}
