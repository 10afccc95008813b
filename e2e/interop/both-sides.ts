import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FeatureRow, type FeatureStore, openStore } from 'feast-ts'
import { afterAll } from 'vitest'
import { stringify } from 'yaml'
import { feastSide } from './feast-side.ts'

/** Features of drivers, in all the types that the shared repository has. */
export const driverFeatures = [
  ...['conv_rate', 'acc_rate', 'trips'].map((name) => `driver_stats:${name}`),
  ...['level', 'name', 'active', 'since', 'photo', 'last_scores'].map((name) => `driver_profile:${name}`),
]

/** Drivers with and without values. */
export const drivers = Array.from({ length: 520 }, (_, index) => ({ driver_id: 990 + index }))

/** What is materialized. */
export const window = { start: '2023-11-14T00:00:00+00:00', end: '2023-11-30T00:00:00+00:00' }

const definitions = fileURLToPath(new URL('./definitions.ts', import.meta.url))

/** Makes the repository of both sides: data, configuration, and the same definitions in Python and in TypeScript. */
export async function makeRepository(repo: string): Promise<string> {
  await feastSide('make', repo)
  copyFileSync(definitions, join(repo, 'definitions.ts'))
  return repo
}

/**
 * Makes repositories of both sides over stores on servers; `onlineStore` is the block of the configuration. They are
 * copies of one, which saves half a minute.
 */
export function repositoriesOnServers(): (
  repo: string,
  onlineStore: Readonly<Record<string, unknown>>,
) => Promise<string> {
  const original = mkdtempSync(join(tmpdir(), 'interop-original-'))
  afterAll(() => rmSync(original, { recursive: true, force: true }))
  let made: Promise<string> | undefined
  return async (repo, onlineStore) => {
    made ??= makeRepository(original)
    cpSync(await made, repo, { recursive: true })
    // Its other views have tens of thousands of keys, which Feast writes to some stores one by one.
    const python = join(repo, 'definitions.py')
    writeFileSync(python, readFileSync(python, 'utf8').replaceAll('name="driver_city_weather", ', '$&online=False, '))
    const yaml = join(repo, 'feature_store.yaml')
    const head = readFileSync(yaml, 'utf8').replace(/online_store:\n( {2}.*\n)+/, '')
    writeFileSync(yaml, head + stringify({ online_store: onlineStore }))
    return repo
  }
}

export async function inStore<Result>(repo: string, use: (store: FeatureStore) => Promise<Result>): Promise<Result> {
  await using store = await openStore(repo)
  return await use(store)
}

/** Applies and materializes with real Feast. */
export async function writeByFeast(repo: string): Promise<void> {
  await feastSide('apply', repo)
  await feastSide('materialize', repo, window.start, window.end)
}

/** Online values that real Feast reads, by column. */
export async function onlineByFeast(
  repo: string,
  features: readonly string[] = driverFeatures,
  entities: readonly FeatureRow[] = drivers,
): Promise<unknown> {
  const request = join(repo, 'request.json')
  writeFileSync(request, JSON.stringify({ features, entity_rows: entities }))
  return feastSide('online', repo, request)
}
