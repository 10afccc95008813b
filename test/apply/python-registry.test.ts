import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openMemoryRegistryStore } from '../../src/registry/memory/memory-registry-store.ts'
import { encodeView } from '../../src/registry/view-bytes.ts'
import { applyObjects } from '../../src/store/apply.ts'
import { teardown } from '../../src/store/teardown.ts'
import { setViewEnabled } from '../../src/store/view-state.ts'
import { registryFromBytes, registryToBytes } from '../../src/wire/registry.ts'
import { openContext } from './context.ts'
import { viewNamed } from './parts.ts'

async function registryOf(name: string): Promise<Uint8Array> {
  return readFile(fileURLToPath(new URL(`../goldens/wire/registry/${name}/registry.db`, import.meta.url)))
}

test('functions in Python stay byte for byte when another object is applied beside them', async () => {
  const registry = openMemoryRegistryStore(registryFromBytes(await registryOf('reg_odfv')))
  const before = (await registry.load()).contents
  const context = await openContext({ registry, project: 'reg_odfv' })
  await applyObjects(context, [viewNamed('stats')])
  const after = registryFromBytes(registryToBytes((await registry.load()).contents))
  expect(after.onDemandFeatureViews.map(encodeView)).toEqual(before.onDemandFeatureViews.map(encodeView))
  expect(before.onDemandFeatureViews.some((view) => view.transformation.body.length > 0)).toBe(true)
})

test('switching a view with a Python function off changes nothing else of it', async () => {
  const registry = openMemoryRegistryStore(registryFromBytes(await registryOf('reg_odfv')))
  const [view] = (await registry.load()).contents.onDemandFeatureViews
  const context = await openContext({ registry, project: 'reg_odfv' })
  await setViewEnabled(context, view?.name ?? '', false)
  const stored = registryFromBytes(registryToBytes((await registry.load()).contents))
  const changed = stored.onDemandFeatureViews.find((each) => each.name === view?.name)
  expect(changed?.enabled).toBe(false)
  expect(changed?.transformation).toEqual(view?.transformation)
  expect(changed?.sources).toEqual(view?.sources)
})

test('saved data sets and validation references outlast an apply, and go with their project', async () => {
  const registry = openMemoryRegistryStore(registryFromBytes(await registryOf('reg_datasets')))
  const before = (await registry.load()).contents
  const context = await openContext({ registry, project: 'reg_datasets' })
  await applyObjects(context, [viewNamed('stats')])
  const { contents } = await registry.load()
  expect(before.savedDatasets.length).toBeGreaterThan(0)
  expect(contents.savedDatasets).toBe(before.savedDatasets)
  expect(contents.validationReferences).toBe(before.validationReferences)
  expect((await teardown(context)).registryRemoved).toBe(true)
})
