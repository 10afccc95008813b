import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Keys } from '../config/config-key.ts'
import type { ComputeEngine } from './compute-engine.ts'
import type { OfflineStore } from './offline-store.ts'
import type { OnlineStore, OnlineStoreCapabilities } from './online-store.ts'
import type { RegistryStore } from './registry-store.ts'
import type { StoreOptions } from './store-options.ts'

/** What a plug-in of each kind opens. The kinds are the keys of `feature_store.yaml` that choose it. */
export interface PluginStores {
  readonly online_store: OnlineStore
  readonly offline_store: OfflineStore
  readonly registry: RegistryStore
  readonly batch_engine: ComputeEngine
}

export type PluginKind = keyof PluginStores

/**
 * Version of the contracts in `src/plugin/`. It is counted up when a store that was written against them would no
 * longer work; {@link definePlugin} notes it in every plug-in.
 */
export const pluginApiVersion = 1

/** Shared by all copies of this package in a process, so that a plug-in may have been made with another copy. */
export const pluginMark: unique symbol = Symbol.for('feast-ts.plugin')

export interface PluginDefinition<Kind extends PluginKind = PluginKind> {
  readonly kind: Kind
  /** Name of the store or engine, for messages. */
  readonly name: string
  /** Opens it. `options.config.options` is its block of the configuration, checked, with defaults filled in. */
  readonly open: (options: StoreOptions) => Promise<PluginStores[Kind]>
  /** What an online store can do; the conformance suite holds the store to it. */
  readonly capabilities?: Kind extends 'online_store' ? OnlineStoreCapabilities : never
  /**
   * The keys of its block beside `type`. Others are refused with the nearest name, as in built-in stores. Without this
   * table, any block is passed on as it is.
   */
  readonly configKeys?: Keys
}

/** A store or engine of a third party, as {@link definePlugin} makes it. */
export interface Plugin<Kind extends PluginKind = PluginKind> extends PluginDefinition<Kind> {
  readonly apiVersion: number
  readonly [pluginMark]: true
}

/** The methods that an opened store of each kind has. */
export const contractMethods: Readonly<Record<PluginKind, readonly string[]>> = {
  online_store: ['read', 'write', 'infrastructure', 'update', 'teardown', 'ping', 'close'],
  offline_store: [
    'historical',
    'pullLatest',
    'pullAll',
    'columns',
    'oldestEvent',
    'append',
    'persist',
    'readPersisted',
    'writeLogs',
    'readLogs',
    'close',
  ],
  registry: ['load', 'transact', 'remove', 'close'],
  batch_engine: ['load'],
}

/**
 * Declares a store or engine. A module exports it, as its default or under any name, and `feature_store.yaml` names the
 * module: `online_store: {type: package-name}` or `{type: ./path.ts}`.
 * @throws FTS8008 when the declaration is not complete.
 */
export function definePlugin<Kind extends PluginKind>(definition: PluginDefinition<Kind>): Plugin<Kind> {
  const fault = faultOf(definition)
  if (fault !== undefined) throw new FeatureStoreError('FTS8008', fault)
  return Object.freeze({ ...definition, apiVersion: pluginApiVersion, [pluginMark]: true as const })
}

/** What is wrong with a declaration; programs in JavaScript have no compiler that says so. */
function faultOf(
  definition: Readonly<Record<string, unknown>> | PluginDefinition,
): { readonly message: string; readonly hint?: string } | undefined {
  const { kind, name, open } = definition
  const kinds = Object.keys(contractMethods)
  if (typeof name !== 'string' || name === '') return { message: 'A plug-in has no name.' }
  if (typeof kind !== 'string' || !kinds.includes(kind)) {
    const near = didYouMean(String(kind), kinds)
    return {
      message: `The kind of the plug-in "${name}" is ${JSON.stringify(kind)}, which is none of ${kinds.join(', ')}.`,
      ...(near !== undefined && { hint: `did you mean "${near}"?` }),
    }
  }
  if (typeof open !== 'function') return { message: `The plug-in "${name}" has no function "open".` }
  return undefined
}

export function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && pluginMark in value
}
