import type { GoldenValue } from '../golden-json.ts'

/** A real server that a golden is loaded into, and how `feature_store.yaml` names it. */
export interface GoldenServer extends AsyncDisposable {
  /** The block `online_store` for this server, with an empty database or key space of its own. */
  readonly onlineStore: Readonly<Record<string, unknown>> & { readonly type: string }
}

/** What one state of a store holds, ready to be compared: texts by a name that says where they stand. */
export type StoreDump = ReadonlyMap<string, string>

/**
 * Loads and dumps the goldens of one store (`redis.json`, `postgres.json` …), without the code that is judged: with the
 * driver alone. One file per store, `<store>-golden.ts`, exports one, and `wire-kinds.ts` has a row for it.
 *
 * The runner uses it so: `start`; for every state `load`, read each row through our store and compare with `rows`; then
 * `clear`, let our store make its tables and write those rows, and compare `dump` with `recorded`, name by name.
 */
export interface StoreGolden {
  /** Starts the real server. Undefined when it is not installed here. */
  start(): Promise<GoldenServer | undefined>
  /** The states of the file: sections, such as one with and one without a key ttl; usually one. */
  states(golden: GoldenValue, known: KnownRepository): readonly GoldenState[]
  /** Writes a state as recorded: tables, types, bytes. */
  load(state: GoldenState, server: GoldenServer): Promise<void>
  /** Everything that stands in the server now, under the names of {@link GoldenState.recorded}. */
  dump(state: GoldenState, server: GoldenServer): Promise<StoreDump>
  /** Removes everything, tables too. */
  clear(state: GoldenState, server: GoldenServer): Promise<void>
}

/** What stands beside a store's golden in its folder. */
export interface KnownRepository {
  readonly project: string
  /** Entity keys, serialised as version 3, that the recorded repositories use: for stores that keep only a hash. */
  readonly entityKeys: readonly Uint8Array[]
}

/** One recorded state of a store. */
export interface GoldenState {
  /** For the names of checks; empty when the file is one state. */
  readonly name: string
  /** Further keys of the block `online_store`, such as `key_ttl_seconds`. */
  readonly options: Readonly<Record<string, unknown>>
  /** The part of the file that {@link StoreGolden.load} writes. */
  readonly content: GoldenValue
  /** What {@link StoreGolden.dump} gives when exactly the recorded rows are there. */
  readonly recorded: StoreDump
  readonly rows: readonly GoldenRow[]
}

/** The recorded features of one key in one view. */
export interface GoldenRow {
  readonly view: string
  /** The serialised entity key, version 3. */
  readonly entityKey: Uint8Array
  /** Serialised `Value`s by feature; empty for a null. */
  readonly values: ReadonlyMap<string, Uint8Array>
  /** Microseconds of the epoch, as recorded. */
  readonly eventMicros: bigint
  readonly createdMicros: bigint | null
}
