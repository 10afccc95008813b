import { expect, test } from 'vitest'
import { entity } from '../define/entity.ts'
import { featureView } from '../define/feature-view.ts'
import { emptyRegistry, type RegistryContents } from '../model/registry-contents.ts'
import { int64, string } from '../types/data-type.ts'
import { putObject, removeObject } from './change.ts'
import { findObject, getAnyFeatureView, getEntity, hasTags, inProject, listObjects } from './lookup.ts'

const driver = { ...entity('driver', { joinKey: 'driver_id', type: int64, tags: { team: 'rides' } }), project: 'rides' }
const customer = { ...entity('customer', { joinKey: 'customer_id', type: string }), project: 'rides' }
const trips = { ...featureView('trips', { schema: { amount: int64 } }), project: 'rides' }

function registry(): RegistryContents {
  let contents = putObject(emptyRegistry, 'entities', driver)
  contents = putObject(contents, 'entities', customer)
  contents = putObject(contents, 'entities', { ...driver, project: 'food' })
  return putObject(contents, 'featureViews', trips)
}

test('an object is found by project and name', () => {
  expect(getEntity(registry(), 'rides', 'driver')).toBe(driver)
  expect(findObject(registry(), 'entities', 'food', 'customer')).toBeUndefined()
})

test('an unknown name is refused with the nearest one and with what there is', () => {
  const look = (): unknown => getEntity(registry(), 'rides', 'drivr')
  expect(look).toThrow('There is no entity "drivr" in project "rides". Did you mean "driver"?')
  expect(look).toThrow(expect.objectContaining({ code: 'FTS3102', notes: ['project "rides" has: customer, driver'] }))
})

test('a view is found whatever its kind, and a missing one is a view that is not there', () => {
  expect(getAnyFeatureView(registry(), 'rides', 'trips')).toBe(trips)
  expect(() => getAnyFeatureView(registry(), 'rides', 'trip')).toThrow(expect.objectContaining({ code: 'FTS3104' }))
})

test('every tag that is asked for must match', () => {
  expect(listObjects(registry(), 'entities', 'rides', { tags: { team: 'rides' } })).toEqual([driver])
  expect(hasTags(driver, { team: 'rides', pii: 'no' })).toBe(false)
  expect(hasTags(driver, { team: 'food' })).toBe(false)
  expect(hasTags(customer, {})).toBe(true)
})

test('one project sees only its own objects', () => {
  expect(inProject(registry(), 'food').entities).toEqual([{ ...driver, project: 'food' }])
  expect(inProject(registry(), 'food').featureViews).toEqual([])
})

test('a changed object takes the place of the one with its name and moves to the end', () => {
  const changed = { ...driver, description: 'who drives' }
  const contents = putObject(registry(), 'entities', changed)
  expect(contents.entities.map((each) => [each.project, each.name])).toEqual([
    ['rides', 'customer'],
    ['food', 'driver'],
    ['rides', 'driver'],
  ])
  expect(getEntity(contents, 'rides', 'driver')).toBe(changed)
})

test('putting what is there and removing what is not there change nothing', () => {
  const contents = registry()
  expect(putObject(contents, 'entities', driver)).toBe(contents)
  expect(removeObject(contents, 'entities', 'rides', 'city')).toBe(contents)
})

test('removing takes the object of that project only', () => {
  const contents = removeObject(registry(), 'entities', 'rides', 'driver')
  expect(contents.entities.map((each) => `${each.project}/${each.name}`)).toEqual(['rides/customer', 'food/driver'])
})
