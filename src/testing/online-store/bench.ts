import assert from 'node:assert/strict'
import { type Field, plainField } from '../../model/field.ts'
import { cellBytes, eventMicrosOf, type OnlineCells } from '../../plugin/online-cells.ts'
import type {
  OnlineRead,
  OnlineStore,
  OnlineTable,
  OnlineWrite,
  OnlineWriteSummary,
} from '../../plugin/online-store.ts'
import { string } from '../../types/data-type.ts'
import { serializeEntityKey } from '../../types/entity-key.ts'
import { decodeValue, encodeValue } from '../../types/value-codec.ts'
import type { OnlineStoreHarness } from './harness.ts'

const second = 1_000_000n
/** An hour of a day in 2024, from which the rules count. */
export const noon = 1_709_294_400n * second

/** One row: key, event and creation in seconds after noon, then feature values by name; null for a null. */
export type Row = readonly [
  key: string,
  event: number,
  created: number | null,
  values: Readonly<Record<string, string | null>>,
]

/** What a read says of one key: nothing, or its event in seconds after noon and its values. */
export type Found = null | readonly [event: number, values: Readonly<Record<string, string | null | undefined>>]

let tableCount = 0

/** A store and a table that no other test uses. */
export class Bench {
  readonly harness: OnlineStoreHarness
  readonly store: OnlineStore
  readonly table: OnlineTable
  readonly #extra: OnlineTable[] = []

  private constructor(harness: OnlineStoreHarness, store: OnlineStore) {
    this.harness = harness
    this.store = store
    this.table = this.tableNamed(`view_${process.pid}_${++tableCount}`)
  }

  static async open(harness: OnlineStoreHarness): Promise<Bench> {
    const bench = new Bench(harness, await harness.open())
    await bench.store.update({ keep: [bench.table], drop: [] })
    return bench
  }

  async close(): Promise<void> {
    await this.store.teardown([this.table, ...this.#extra])
    await this.store.close()
  }

  /** A table that is not made yet. */
  tableNamed(view: string, features: readonly string[] = ['a', 'b'], project = 'conformance'): OnlineTable {
    const fields = features.map((name) => plainField(name, string))
    return { project, view, version: null, joinKeys: ['id'], features: fields }
  }

  /** Makes further tables, which are dropped when the rule ends. */
  async make(...tables: readonly OnlineTable[]): Promise<void> {
    this.#extra.push(...tables)
    await this.store.update({ keep: tables, drop: [] })
  }

  /** Makes a table of fields of any types. */
  async makeTyped(
    name: string,
    features: readonly Field[],
    joinKeys: readonly string[] = ['id'],
  ): Promise<OnlineTable> {
    const table = { ...this.tableNamed(`${this.table.view}_${name}`), features, joinKeys }
    await this.make(table)
    return table
  }

  batch(rows: readonly Row[], table: OnlineTable = this.table): OnlineWrite {
    return {
      table,
      entityKeys: rows.map(([key]) => keyOf(key)),
      values: table.features.map(({ name, type }) =>
        rows.map(([, , , values]) => encodeValue(values[name] ?? null, type)),
      ),
      eventMicros: rows.map(([, event]) => at(event)),
      createdMicros: rows.map(([, , created]) => (created === null ? null : at(created))),
    }
  }

  write(...rows: readonly Row[]): Promise<OnlineWriteSummary> {
    return this.store.write(this.batch(rows))
  }

  /** The first row of a table of one column per value, under the key `x`. */
  row(table: OnlineTable, values: readonly Uint8Array[], eventMicros = noon): OnlineWrite {
    return {
      table,
      entityKeys: [keyOf('x')],
      values: values.map((value) => [value]),
      eventMicros: [eventMicros],
      createdMicros: [null],
    }
  }

  request(keys: readonly string[], features: readonly string[] = ['a', 'b'], table = this.table): OnlineRead {
    return { table, features, entityKeys: keys.map(keyOf) }
  }

  async cells(read: OnlineRead, store: OnlineStore = this.store): Promise<OnlineCells> {
    const [cells, ...more] = await store.read([read])
    assert.ok(cells !== undefined && more.length === 0, 'one answer per read')
    assert.equal(cells.featureCount, read.features.length, 'one cell per feature and row')
    assert.equal(cells.rowCount, read.entityKeys.length, 'one row per key')
    return cells
  }

  async read(
    keys: readonly string[],
    features?: readonly string[],
    table?: OnlineTable,
    store?: OnlineStore,
  ): Promise<readonly Found[]> {
    const request = this.request(keys, features, table)
    return foundIn(await this.cells(request, store), request)
  }
}

/** Seconds after noon as microseconds of the epoch. */
function at(seconds: number): bigint {
  return noon + BigInt(Math.round(seconds * 1e6))
}

/** What an answer says of each key. */
export function foundIn(cells: OnlineCells, request: OnlineRead): readonly Found[] {
  return request.entityKeys.map((_, row) => {
    const event = eventMicrosOf(cells, row)
    const values = request.features.map((name, index) => [name, shown(cellBytes(cells, row, index))] as const)
    if (event === null) {
      assert.ok(
        values.every(([, value]) => value === undefined),
        'no values without an event time',
      )
      return null
    }
    return [Number(event - noon) / 1e6, Object.fromEntries(values)]
  })
}

export const keyOf = (id: string): Uint8Array => serializeEntityKey(['id'], [{ kind: 'string', value: id }], 3)

/** Undefined when nothing is stored, null for a stored null. */
export function shown(bytes: Uint8Array | null | undefined): string | null | undefined {
  if (bytes === null || bytes === undefined) return undefined
  const value = decodeValue(bytes)
  return value === null ? null : String(value)
}
