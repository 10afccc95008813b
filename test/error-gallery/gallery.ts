import { configFixtures } from './config-fixtures.ts'
import { definitionFixtures } from './definition-fixtures.ts'
import { offlineFixtures } from './offline-fixtures.ts'
import { onlineFixtures } from './online-fixtures.ts'
import { pluginFixtures } from './plugin-fixtures.ts'
import { registryFixtures } from './registry-fixtures.ts'
import { servingFixtures } from './serving-fixtures.ts'
import type { Fixture } from './stage.ts'

/** What provokes each error. */
export const fixtures: Readonly<Record<string, Fixture>> = {
  ...configFixtures,
  ...definitionFixtures,
  ...registryFixtures,
  ...offlineFixtures,
  ...onlineFixtures,
  ...servingFixtures,
  ...pluginFixtures,
}

/** Errors that no test can provoke in reasonable time, and why; tests beside their source cover what can be. */
export const unprovoked: Readonly<Record<string, string>> = {
  FTS3003: 'the wait for the lock of a registry is longer than a test should take',
  FTS4015: 'the wait for the lock of a file is longer than a test should take',
  FTS4020: 'the engine is installed where tests run',
  FTS4021: 'it needs data larger than the memory of the machine',
  FTS4022: 'the engine accepts every query that this version makes; only a fault of ours brings it about',
  FTS7012: 'it takes processes of its own; test/serve/serve-command.test.ts provokes it',
  FTS5011: 'the wait for the lock of an online store is a minute',
}
