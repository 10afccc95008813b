import { dummyEntityValue, dummyJoinKey } from '../model/entity.ts'
import { type EntityKeyVersion, entityKeySerializer, entityKeyValue } from '../types/entity-key.ts'
import { type EntityKeyWriter, entityKeyWriter } from '../types/entity-key-writer.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import type { ColumnNeed } from './entity-columns.ts'

/** Each key once, in order of first mention, and for every entity row the number of its key. */
export interface DistinctKeys {
  readonly keys: readonly Uint8Array[]
  readonly slots: Uint32Array
}

/** How the keys of a view are made from entity columns. */
export interface KeyPlan {
  /** Plans of one signature make the same keys. */
  readonly signature: string
  readonly needs: readonly ColumnNeed[]
  /** `columns[i]` holds the values of `needs[i]`. */
  readonly keys: (columns: readonly (readonly FeatureValue[])[], rowCount: number) => DistinctKeys
}

/** @throws FTS5083 from `keys` when a join key has a type that no key can have. */
export function keyPlan(joinKeys: readonly string[], needs: readonly ColumnNeed[], version: EntityKeyVersion): KeyPlan {
  if (joinKeys.length === 0) {
    const keys = [entityKeySerializer([dummyJoinKey], version)([{ kind: 'string', value: dummyEntityValue }])]
    return { signature: '', needs, keys: (_, rowCount) => ({ keys, slots: new Uint32Array(rowCount) }) }
  }
  const types = needs.map((need) => need.type)
  const write = entityKeyWriter(joinKeys, types, version) ?? serializedKeys(joinKeys, needs, version)
  const [type] = types
  const byValue = types.length === 1 && type?.kind === 'scalar' && comparable.has(type.name)
  return {
    signature: JSON.stringify([joinKeys, needs.map(({ column, type: each }) => [column, each])]),
    needs,
    keys: (columns, rowCount) => (byValue ? distinctValues : distinctBytes)(write, columns, rowCount),
  }
}

/** Types of which equal values are equal to `Map`. */
const comparable: ReadonlySet<string> = new Set(['int32', 'int64', 'string'])

function distinctValues(
  write: EntityKeyWriter,
  columns: readonly (readonly FeatureValue[])[],
  rowCount: number,
): DistinctKeys {
  if (rowCount === 1) return { keys: [write(columns, 0)], slots: inOrder(1) }
  const values = columns[0] ?? []
  const numbers = new Map<FeatureValue, number>()
  const keys: Uint8Array[] = []
  let slots: Uint32Array | undefined
  for (let row = 0; row < rowCount; row++) {
    const value = values[row] ?? null
    const known = numbers.get(value)
    if (known === undefined) {
      if (slots !== undefined) slots[row] = keys.length
      numbers.set(value, keys.length)
      keys.push(write(columns, row))
    } else {
      slots ??= new Uint32Array(inOrder(rowCount))
      slots[row] = known
    }
  }
  return { keys, slots: slots ?? inOrder(rowCount) }
}

function distinctBytes(
  write: EntityKeyWriter,
  columns: readonly (readonly FeatureValue[])[],
  rowCount: number,
): DistinctKeys {
  const numbers = new Map<string, number>()
  const keys: Uint8Array[] = []
  const slots = new Uint32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const key = write(columns, row)
    const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
    let slot = numbers.get(text)
    if (slot === undefined) {
      slot = keys.push(key) - 1
      numbers.set(text, slot)
    }
    slots[row] = slot
  }
  return { keys, slots }
}

const orders: Uint32Array[] = []

/** 0, 1, 2 … The arrays of small requests are made once. */
function inOrder(count: number): Uint32Array {
  const known = orders[count]
  if (known !== undefined) return known
  const made = Uint32Array.from({ length: count }, (_, index) => index)
  if (count <= 1024) orders[count] = made
  return made
}

/** Keys by the general serializer, which says what is wrong with types and join keys. */
function serializedKeys(
  joinKeys: readonly string[],
  needs: readonly ColumnNeed[],
  version: EntityKeyVersion,
): EntityKeyWriter {
  const serialize = entityKeySerializer(joinKeys, version)
  return (columns, row) =>
    serialize(needs.map((need, index) => entityKeyValue(columns[index]?.[row] ?? null, need.type)))
}
