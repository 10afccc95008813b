import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { expect, test } from 'vitest'
import {
  type Definition,
  days,
  entity,
  featureService,
  featureView,
  fileSource,
  float64,
  int64,
  labelView,
  onDemandFeatureView,
  permission,
  project,
  pushSource,
  streamFeatureView,
} from '../../src/index.ts'
import { openMemoryRegistryStore } from '../../src/registry/memory/memory-registry-store.ts'
import { apply } from '../../src/store/apply.ts'
import { type Registry, RegistrySchema } from '../../src/wire/gen/feast/core/Registry_pb.ts'
import { registryFromBytes, registryToBytes } from '../../src/wire/registry.ts'
import { openContext } from './context.ts'
import { repository } from './parts.ts'

/** A field that no version of Feast has, as a later one might write it. */
const whole = new BinaryWriter().tag(900, WireType.LengthDelimited).string('from the future').finish()
const unknown = { no: 900, wireType: WireType.LengthDelimited, data: whole.subarray(2) }

/** One object of every kind; all of them change with the owner. */
function objectsOwnedBy(owner: string): readonly Definition[] {
  const driver = entity('driver', { joinKey: 'driver_id', type: int64, owner })
  const source = fileSource('stats_source', { path: 'data/stats.parquet', timestampField: 'at', owner })
  const pushed = pushSource('stats_push', { batchSource: source, owner })
  const shared = { entities: [driver], owner }
  const stats = featureView('stats', { ...shared, source, schema: { rate: float64 }, ttl: days(1) })
  return [
    project('rides', { owner }),
    stats,
    streamFeatureView('live', { ...shared, source: pushed, schema: { trips: int64 } }),
    onDemandFeatureView('twice', {
      sources: { stats },
      schema: { rate_twice: float64 },
      transform: ({ stats: { rate } }) => ({ rate_twice: rate === null ? null : rate * 2 }),
      owner,
    }),
    labelView('fraud', { ...shared, schema: { is_fraud: int64 } }),
    featureService('ranking', [stats.select('rate')], { owner }),
    permission('readers', { actions: ['READ_ONLINE'], tags: { owner } }),
  ]
}

const kinds = [
  'entities',
  'dataSources',
  'featureViews',
  'streamFeatureViews',
  'onDemandFeatureViews',
  'labelViews',
  'featureServices',
  'permissions',
  'projects',
] as const

/** Every message that is an object or part of one, by its path; not the times, which are one value each. */
function messagesOf(registry: Registry): ReadonlyMap<string, WithUnknown> {
  const found = new Map<string, WithUnknown>()
  const visit = (path: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
    if (isMessage(value)) found.set(path, value)
    for (const [name, each] of Object.entries(value)) if (name !== '$unknown') visit(`${path}/${name}`, each)
  }
  for (const kind of kinds) {
    for (const object of registry[kind]) {
      const name = 'spec' in object ? object.spec?.name : 'name' in object ? object.name : ''
      if (name !== '__dummy') visit(`${kind}/${name}`, object)
    }
  }
  return found
}

interface WithUnknown {
  $unknown?: (typeof unknown)[]
}

function isMessage(value: object): value is WithUnknown {
  return '$typeName' in value && !String(value.$typeName).startsWith('google.protobuf.')
}

test('fields that a later Feast wrote survive an apply that changes the object, in every part of it', async () => {
  const first = openMemoryRegistryStore()
  await apply(await openContext({ registry: first }), repository(...objectsOwnedBy('ann')))
  const message = fromBinary(RegistrySchema, registryToBytes((await first.load()).contents))
  const planted = messagesOf(message)
  for (const part of planted.values()) part.$unknown = [unknown]
  expect([...planted.keys()]).toEqual(
    expect.arrayContaining([
      'entities/driver/spec',
      'dataSources/stats_push/batchSource',
      'featureViews/stats/spec/batchSource/options/value',
      'featureServices/ranking/spec/features/0/featureColumns/0',
      'labelViews/fraud',
      'onDemandFeatureViews/twice/spec/sources/stats',
      'permissions/readers/spec/policy',
      'projects/rides',
      'streamFeatureViews/live/spec/streamSource',
    ]),
  )
  const second = openMemoryRegistryStore(registryFromBytes(toBinary(RegistrySchema, message)))
  const plan = await apply(await openContext({ registry: second }), repository(...objectsOwnedBy('bob')))
  expect(new Set(plan.registry.map(({ change }) => change))).toEqual(new Set(['updated']))
  const after = messagesOf(fromBinary(RegistrySchema, registryToBytes((await second.load()).contents)))
  const lost = [...planted.keys()].filter((path) => after.get(path)?.$unknown?.length !== 1)
  expect(lost).toEqual([])
})
