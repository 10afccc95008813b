import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from 'feast-ts'
import { afterAll, expect, test } from 'vitest'
import { feastSide } from './feast-side.ts'
import { everyKind } from './kinds.ts'
import { asPythonLists, type Listing, listedByUs } from './our-side.ts'

const repo = mkdtempSync(join(tmpdir(), 'interop-kinds-'))
afterAll(() => rmSync(repo, { recursive: true, force: true }))

test('every kind of object that we write is what real Feast reads', async () => {
  writeFileSync(join(repo, 'feature_store.yaml'), 'project: interop\nregistry: data/registry.db\nonline_store: null\n')
  await using store = await openStore(repo)
  await store.apply(everyKind, { skipSourceValidation: true })
  const ours = await listedByUs(store)
  expect(Object.values(ours).filter((objects) => objects.length > 0)).toHaveLength(8)
  expect(asPythonLists(withoutKeyFeatures(await feastSide('list', repo)))).toEqual(asPythonLists(ours))
})

interface StreamView {
  readonly spec: {
    readonly entityColumns: readonly { readonly name: string }[]
    readonly features: readonly { readonly name: string }[]
  }
}

/** Feast takes the keys of a stream feature view for features of it, too, when it loads one. */
function withoutKeyFeatures(listing: Listing): unknown {
  const streamFeatureViews = (listing.streamFeatureViews as unknown as readonly StreamView[]).map((view) => {
    const keys = new Set(view.spec.entityColumns.map((column) => column.name))
    return { ...view, spec: { ...view.spec, features: view.spec.features.filter((field) => !keys.has(field.name)) } }
  })
  return { ...listing, streamFeatureViews }
}
