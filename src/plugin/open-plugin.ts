import { existsSync } from 'node:fs'
import { type ErrorPlace, FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { checkKeys } from '../config/check-keys.ts'
import type { Keys } from '../config/config-key.ts'
import { storeTypes } from '../config/store-types.ts'
import { filePath, placeInStack } from '../define/place.ts'
import {
  contractMethods,
  isPlugin,
  type Plugin,
  type PluginKind,
  type PluginStores,
  pluginApiVersion,
} from './define-plugin.ts'
import { installName, moduleNamed, moduleUrl, pluginFile } from './plugin-module.ts'
import type { StoreOptions } from './store-options.ts'

/**
 * Opens a store of a third party: imports the module that `type:` names and opens the plug-in of the wanted kind that
 * it exports. Only what the configuration names is imported.
 * @throws FTS8003 when the module is not there, FTS8004 when it does not load, FTS8005 when it exports no such plug-in,
 * FTS8006 when it was made for another version, FTS8007 when it is of another kind, FTS8008 when it does not keep the
 * contract, FTS1003 … FTS1005 for its block of the configuration.
 */
export async function openPlugin<Kind extends PluginKind>(
  kind: Kind,
  options: StoreOptions,
): Promise<PluginStores[Kind]> {
  const { type } = options.config
  const plugin = chosenPlugin(kind, type, await importPlugin(kind, options))
  const store = await plugin.open({ ...options, config: { type, options: checkedOptions(kind, plugin, options) } })
  const opened: Readonly<Record<string, unknown>> = Object(store)
  const missing = contractMethods[kind].filter((method) => typeof opened[method] !== 'function')
  if (missing.length === 0) return store
  throw new FeatureStoreError('FTS8008', {
    message: `The plug-in "${plugin.name}" opened something that is no ${kind}: it lacks ${missing.join(', ')}.`,
    field: `${kind}.type`,
  })
}

async function importPlugin(kind: PluginKind, options: StoreOptions): Promise<object> {
  const { type } = options.config
  const module = moduleNamed(type)
  const url = module && moduleUrl(module, options.repoPath)
  if (url === undefined) throw notThere(kind, type, options.repoPath)
  try {
    return (await import(/* @vite-ignore */ url)) as object
  } catch (cause) {
    throw notLoaded(kind, type, cause, { file: filePath(url) })
  }
}

function notThere(kind: PluginKind, type: string, repoPath: string): FeatureStoreError {
  const isFile = moduleNamed(type)?.kind === 'file'
  const path = isFile ? pluginFile(type, repoPath) : ''
  const near = isFile ? ['.ts', '.mts', '.js', '.mjs', '/index.ts'].find((end) => existsSync(path + end)) : undefined
  return new FeatureStoreError('FTS8003', {
    message: isFile
      ? `The ${kind} plug-in "${type}" is not there: there is no file ${path}.`
      : `The ${kind} plug-in "${type}" is not installed.`,
    hint: isFile
      ? near && `did you mean "${type}${near}"?`
      : `run \`npm install ${installName(type)}\`, if that is the package you mean`,
    field: `${kind}.type`,
  })
}

function notLoaded(kind: PluginKind, type: string, cause: unknown, file: ErrorPlace): FeatureStoreError {
  // Another copy of this package throws another class of the same name.
  if (cause instanceof Error && cause.name === 'FeatureStoreError' && 'code' in cause) {
    const { code, message, hint, notes } = cause as FeatureStoreError
    return new FeatureStoreError(code, { message, hint, notes, where: file, cause })
  }
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message.split('\n')[0]}` : String(cause)
  const place = placeInStack(cause instanceof Error ? (cause.stack ?? '') : '')
  return new FeatureStoreError('FTS8004', {
    message: `The ${kind} plug-in "${type}" could not be loaded: ${reason}.`,
    where: place === undefined || place.file.includes('node_modules') ? file : place,
    field: `${kind}.type`,
    cause,
  })
}

/** The one plug-in of the kind among a module's exports; one that is exported twice counts once. */
function chosenPlugin<Kind extends PluginKind>(kind: Kind, type: string, exported: object): Plugin<Kind> {
  const field = `${kind}.type`
  const plugins = [...new Set(Object.values(exported).flat())].filter(isPlugin)
  if (plugins.length === 0) {
    const names = Object.keys(exported)
    throw new FeatureStoreError('FTS8005', {
      message: `The module "${type}" exports no plug-in.`,
      notes: [
        names.length === 0 ? 'it exports nothing' : `it exports: ${names.join(', ')}`,
        `wanted: export default definePlugin({ kind: '${kind}', … })`,
      ],
      field,
    })
  }
  const fitting = plugins.filter((plugin): plugin is Plugin<Kind> => plugin.kind === kind)
  const [plugin] = fitting
  if (plugin === undefined) {
    const others = plugins.map((other) => `"${other.name}" of kind ${other.kind}`).join(', ')
    throw new FeatureStoreError('FTS8007', { message: `The module "${type}" has no ${kind}, but ${others}.`, field })
  }
  if (fitting.length > 1) {
    const names = fitting.map((other) => `"${other.name}"`).join(', ')
    const message = `The module "${type}" has more than one ${kind}: ${names}.`
    throw new FeatureStoreError('FTS8005', { message, notes: ['a module exports one plug-in of a kind'], field })
  }
  if (plugin.apiVersion !== pluginApiVersion) {
    throw new FeatureStoreError('FTS8006', {
      message: `The ${kind} plug-in "${plugin.name}" is made for version ${plugin.apiVersion} of the plug-in contracts, and this feast-ts has version ${pluginApiVersion}.`,
      field,
    })
  }
  return plugin
}

/** The block of the configuration, checked against the plug-in's own keys, with their defaults. */
function checkedOptions(kind: PluginKind, plugin: Plugin, options: StoreOptions): Readonly<Record<string, unknown>> {
  const { options: block } = options.config
  if (plugin.configKeys === undefined) return block
  // The block of a registry also has the keys that every registry takes.
  const shared: Keys =
    kind === 'registry' ? { registry_type: { kind: 'text', doc: 'the plug-in' }, ...registryKeys } : {}
  const keys = { ...shared, ...plugin.configKeys }
  const inside = `the block of the plug-in "${plugin.name}"`
  const [fault, ...others] = checkKeys(block, keys, { path: [kind], unknownKeys: 'refused', inside })
  if (fault !== undefined) {
    throw new FeatureStoreError(fault.code, {
      message: fault.message,
      where: options.store.path === null ? undefined : { file: options.store.path },
      hint: fault.hint,
      notes: [...(fault.notes ?? []), ...others.map((other) => `also: ${other.message}`)],
      field: fault.path.join('.'),
    })
  }
  const defaults = Object.entries(plugin.configKeys).flatMap(([name, key]) =>
    key.default === undefined ? [] : [[name, key.default] as const],
  )
  return { ...Object.fromEntries(defaults), ...block }
}

const registryKeys: Keys = storeTypes.registry.file?.keys ?? {}
