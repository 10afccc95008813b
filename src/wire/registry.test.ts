import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { describe, expect, test } from 'vitest'
import { days, Instant } from '../base/instant.ts'
import { storedForm } from '../model/registered.ts'
import { emptyRegistry, type RegistryContents } from '../model/registry-contents.ts'
import { float64, int64 } from '../types/data-type.ts'
import { FeatureTableSchema } from './gen/feast/core/FeatureTable_pb.ts'
import { FeatureViewSchema } from './gen/feast/core/FeatureView_pb.ts'
import { ProjectSchema } from './gen/feast/core/Project_pb.ts'
import { type Registry, RegistrySchema } from './gen/feast/core/Registry_pb.ts'
import { MalformedBytes } from './malformed-bytes.ts'
import { projectConverter } from './project.ts'
import { objectWithoutProject, registryFromBytes, registryToBytes } from './registry.ts'
import { objectFromBytes, objectToBytes } from './registry-objects.ts'
import { readObject } from './stored-form.ts'

const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(import.meta.dirname, `../../test/goldens/wire/registry/${name}/registry.db`)))

const decode = (bytes: Uint8Array): Registry => fromBinary(RegistrySchema, bytes)

/** A field that no version of Feast has, as a later one might write it. */
const unknownField = new BinaryWriter().tag(900, WireType.LengthDelimited).string('from the future').finish()
const unknown = { no: 900, wireType: WireType.LengthDelimited, data: unknownField.subarray(2) }

describe('what the model does not know', () => {
  test('unknown fields of the registry, of an object and of a field survive an edit of the object', () => {
    const message = decode(golden('reg_minimal'))
    const view = message.featureViews[0]
    if (view?.spec?.features[0] === undefined) throw new Error('the golden has a view')
    message.$unknown = [unknown]
    view.$unknown = [unknown]
    view.spec.features[0].$unknown = [unknown]
    const contents = registryFromBytes(toBinary(RegistrySchema, message))
    const edited = contents.featureViews.map((each) => ({ ...each, description: 'edited' }))
    const again = decode(registryToBytes({ ...contents, featureViews: edited }))
    expect(again.$unknown).toEqual([unknown])
    expect(again.featureViews[0]?.$unknown).toEqual([unknown])
    expect(again.featureViews[0]?.spec?.features[0]?.$unknown).toEqual([unknown])
    expect(again.featureViews[0]?.spec?.description).toBe('edited')
  })

  test('feature tables of old registries stay', () => {
    const message = decode(golden('reg_minimal'))
    message.featureTables = [create(FeatureTableSchema, { spec: { name: 'old', project: 'p' } })]
    const contents = registryFromBytes(toBinary(RegistrySchema, message))
    const again = decode(registryToBytes({ ...contents, entities: [] }))
    expect(again.featureTables.map((table) => table.spec?.name)).toEqual(['old'])
  })

  test('times of rows in a source stay when the source is edited', () => {
    const message = decode(golden('reg_minimal'))
    const source = message.dataSources[0]
    if (source?.meta === undefined) throw new Error('the golden has a source')
    source.meta.earliestEventTimestamp = { $typeName: 'google.protobuf.Timestamp', seconds: 5n, nanos: 7 }
    const contents = registryFromBytes(toBinary(RegistrySchema, message))
    const dataSources = contents.dataSources.map((each) => ({ ...each, tags: { a: 'b' } }))
    const again = decode(registryToBytes({ ...contents, dataSources })).dataSources[0]
    expect(again?.meta?.earliestEventTimestamp).toMatchObject({ seconds: 5n, nanos: 7 })
    expect(again?.tags).toEqual({ a: 'b' })
  })

  test('a Parquet format that was spelt out stays spelt out after an edit, and goes when the format changes', () => {
    const contents = registryFromBytes(golden('reg_warehouses'))
    const edit = (change: object): RegistryContents['dataSources'] =>
      contents.dataSources.filter((each) => each.name === 'f_pq').map((each) => ({ ...each, ...change }))
    const formatAfter = (change: object): string | undefined => {
      const { options } = decode(registryToBytes({ ...contents, dataSources: edit(change) })).dataSources[0] ?? {}
      return options?.case === 'fileOptions' ? options.value.fileFormat?.format.case : undefined
    }
    expect(formatAfter({ owner: 'me' })).toBe('parquetFormat')
    expect(formatAfter({ format: 'delta' })).toBe('deltaFormat')
  })
})

describe('edits of the model', () => {
  test('a removed, a renamed, a retyped and a new feature are each what the model says', () => {
    const contents = registryFromBytes(golden('reg_services'))
    const [base] = contents.featureViews
    if (base === undefined) throw new Error('the golden has views')
    const [a, , d] = base.features
    if (a === undefined || d === undefined) throw new Error('the view has three features')
    const features = [
      { ...d, name: 'e' },
      { ...a, type: float64 },
      { ...a, name: 'n', type: int64 },
    ]
    const message = fromBinary(FeatureViewSchema, objectToBytes('featureViews', { ...base, features, ttl: days(2) }))
    expect(message.spec?.features.map(({ name, valueType }) => [name, valueType])).toEqual([
      ['e', 5],
      ['a', 5],
      ['n', 4],
    ])
    expect(message.spec?.ttl?.seconds).toBe(172_800n)
  })

  test('only the edited object changes its bytes', () => {
    const contents = registryFromBytes(golden('reg_streams'))
    const [first, ...others] = contents.dataSources
    if (first === undefined) throw new Error('the golden has sources')
    const before = decode(registryToBytes(contents))
    const after = decode(registryToBytes({ ...contents, dataSources: [{ ...first, owner: 'other' }, ...others] }))
    const expected = clone(RegistrySchema, before)
    if (expected.dataSources[0] !== undefined) expected.dataSources[0].owner = 'other'
    expect(after).toEqual(expected)
  })

  test('an interval, a state and a version are added to a view that had none', () => {
    const [view] = registryFromBytes(golden('reg_minimal')).featureViews
    if (view === undefined) throw new Error('the golden has a view')
    const at = Instant.fromEpochMicros(1_700_000_000_123_456n)
    const edited = {
      ...view,
      intervals: [{ start: at, end: at }],
      state: 'AVAILABLE_ONLINE',
      currentVersion: 3,
    } as const
    const read = objectFromBytes('featureViews', objectToBytes('featureViews', edited))
    expect(read).toMatchObject({ intervals: [{ start: at, end: at }], state: 'AVAILABLE_ONLINE', currentVersion: 3 })
  })
})

test('Python functions keep every byte when their view is edited', () => {
  const contents = registryFromBytes(golden('reg_odfv'))
  const edited = contents.onDemandFeatureViews.map((view) => ({ ...view, owner: 'new' }))
  const before = decode(golden('reg_odfv')).onDemandFeatureViews
  const after = decode(registryToBytes({ ...contents, onDemandFeatureViews: edited })).onDemandFeatureViews
  expect(after.map((view) => view.spec?.featureTransformation)).toEqual(
    before.map((view) => view.spec?.featureTransformation),
  )
  expect(before.some((view) => (view.spec?.featureTransformation?.transformation.value ?? null) !== null)).toBe(true)
})

test('a view of views stores the views that it reads from, without their project', () => {
  const contents = registryFromBytes(golden('reg_services'))
  const [base] = contents.featureViews
  if (base === undefined) throw new Error('the golden has views')
  const { batchSource: _source, ...rest } = base
  const derived = { ...rest, name: 'derived', batchSource: null, sourceViews: ['base'] }
  const message = fromBinary(FeatureViewSchema, objectToBytes('featureViews', derived, contents))
  const { spec } = fromBinary(FeatureViewSchema, objectToBytes('featureViews', base))
  expect(message.spec?.sourceViews).toEqual([{ ...spec, project: '' }])
  expect(objectFromBytes('featureViews', toBinary(FeatureViewSchema, message)).sourceViews).toEqual(['base'])
})

test('a view without entities is stored under the entity of Feast that stands for none', () => {
  const [view] = registryFromBytes(golden('reg_minimal')).featureViews
  if (view === undefined) throw new Error('the golden has a view')
  const bytes = objectToBytes('featureViews', { ...view, entities: [], entityColumns: [] })
  const { spec } = fromBinary(FeatureViewSchema, bytes)
  expect(spec?.entities).toEqual(['__dummy'])
  expect(spec?.entityColumns.map(({ name, valueType }) => [name, valueType])).toEqual([['__dummy_id', 2]])
  expect(objectFromBytes('featureViews', bytes)).toMatchObject({ entities: [], entityColumns: [] })
})

describe('bytes that are not a registry', () => {
  const refused: Readonly<Record<string, Uint8Array>> = {
    'an empty file': new Uint8Array(),
    text: new TextEncoder().encode('project: driver_ranking\nregistry: data/registry.db\n'),
    'a SQLite file': new TextEncoder().encode('SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20'),
    'another schema version': new BinaryWriter().tag(3, WireType.LengthDelimited).string('2').finish(),
    'a field of another kind': new BinaryWriter().tag(3, WireType.Varint).uint32(1).finish(),
  }
  test.each(Object.entries(refused))('%s is refused', (_name, bytes) => {
    expect(() => registryFromBytes(bytes)).toThrow(MalformedBytes)
  })

  test('a fault of the program is not blamed on them', () => {
    const faulty = {
      ...projectConverter,
      toModel: () => {
        throw new TypeError('of the program')
      },
    }
    const bytes = toBinary(ProjectSchema, create(ProjectSchema, { spec: { name: 'p' } }))
    expect(() => readObject(faulty, bytes)).toThrow(TypeError)
    expect(() => readObject(faulty, bytes.subarray(1))).toThrow(MalformedBytes)
  })

  test('a registry that is cut anywhere before its projects is noticed', () => {
    const bytes = golden('reg_services')
    const contents = registryFromBytes(bytes)
    const objects = registryToBytes({
      ...contents,
      projectMetadata: [],
      projects: [],
      versionHistory: [],
      [storedForm]: undefined,
    })
    expect(Buffer.compare(objects, bytes.subarray(0, objects.length))).toBe(0)
    for (let length = 0; length <= objects.length; length++) {
      const noticed = (): boolean => {
        try {
          return objectWithoutProject(registryFromBytes(bytes.subarray(0, length))) !== undefined
        } catch (error) {
          return error instanceof MalformedBytes
        }
      }
      expect(noticed(), `cut after ${length} of ${bytes.length} bytes`).toBe(true)
    }
  })
})

test('a new registry holds the schema version and what the model says, and nothing else', () => {
  const bytes = registryToBytes({ ...emptyRegistry, versionId: 'v', lastUpdated: Instant.fromEpochSeconds(1) })
  expect(decode(bytes)).toEqual(
    create(RegistrySchema, { registrySchemaVersion: '1', versionId: 'v', lastUpdated: { seconds: 1n } }),
  )
})
