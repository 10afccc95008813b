import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RegistryContents } from '../model/registry-contents.ts'
import { describeObject } from './json.ts'
import { registryFromBytes } from './registry.ts'

const goldens = join(import.meta.dirname, '../../test/goldens/wire')
const registry = (path: string): RegistryContents => registryFromBytes(readFileSync(join(goldens, path)))

test('an entity is described as real Feast describes it: no project, no defaults', () => {
  const [driver] = registry('sqlite/local_template/data/registry.db').entities.filter(({ name }) => name === 'driver')
  if (driver === undefined) throw new Error('the golden has the entity')
  expect(JSON.stringify(describeObject(driver))).toBe(
    '{"spec":{"name":"driver","joinKey":"driver_id"},"meta":{"createdTimestamp":"2026-11-21T09:39:11.931821Z",' +
      '"lastUpdatedTimestamp":"2026-11-21T09:39:11.931821Z"}}',
  )
})

test('a view is described with its fields in the order of their numbers, as real Feast prints them', () => {
  const { featureViews } = registry('sqlite/local_template/data/registry.db')
  const view = featureViews.find(({ name }) => name === 'driver_hourly_stats')
  if (view === undefined) throw new Error('the golden has the view')
  const json = describeObject(view)
  expect(Object.keys(json)).toEqual(['spec', 'meta'])
  expect(Object.keys(json.spec ?? {})).toEqual([
    'name',
    'entities',
    'features',
    'tags',
    'ttl',
    'batchSource',
    'online',
    'entityColumns',
    'enableValidation',
    'version',
  ])
  expect(json).toMatchObject({
    spec: { ttl: '86400s', batchSource: { type: 'BATCH_FILE' } },
    meta: { state: 'AVAILABLE_ONLINE', materializationIntervals: [{ endTime: '2026-11-21T09:00:00Z' }] },
  })
})

test('data sources are described without their class, but for those that say it themselves', () => {
  const { dataSources } = registry('registry/reg_warehouses/registry.db')
  const classed = dataSources.filter((source) => 'dataSourceClassType' in describeObject(source))
  expect(new Set(classed.map(({ kind }) => kind))).toEqual(new Set(['spark', 'custom']))
  expect(dataSources.some((source) => 'project' in describeObject(source))).toBe(false)
})

test('a sample rate is described with the digits that the user wrote', () => {
  const [service] = registry('registry/reg_services/registry.db').featureServices
  if (service === undefined) throw new Error('the golden has services')
  const json = describeObject({ ...service, logging: { sampleRate: 0.1, destination: null } })
  expect(json).toMatchObject({ spec: { loggingConfig: { sampleRate: 0.1 } } })
})

test('types that the enum of Feast does not name are numbers', () => {
  const [view] = registry('registry/reg_types/registry.db').featureViews
  if (view === undefined) throw new Error('the golden has a view')
  expect(JSON.stringify(describeObject(view))).toContain('{"name":"t_img","valueType":31')
})
