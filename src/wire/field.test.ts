import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { plainField } from '../model/field.ts'
import {
  array,
  type DataType,
  formatDataType,
  int64,
  invalid,
  pdfBytes,
  type ScalarTypeName,
  scalarTypes,
  set,
  string,
  struct,
  zonedTimestamp,
} from '../types/data-type.ts'
import { fieldToMessage, fieldToModel, valueTypeOf } from './field.ts'

const names = (Object.keys(scalarTypes) as ScalarTypeName[]).filter((name) => name !== 'null' && name !== 'invalid')
const scalar: fc.Arbitrary<DataType> = fc.constantFrom(...names).map((name) => ({ kind: 'scalar', name }))
const listable = scalar.filter((type) => type.kind === 'scalar' && scalarTypes[type.name].list !== null)
const settable = scalar.filter((type) => type.kind === 'scalar' && scalarTypes[type.name].set !== null)
const fieldName = fc
  .string({ minLength: 1, unit: 'grapheme' })
  .filter((name) => !/^\d+$/.test(name) && name !== '__proto__')

const types = fc.letrec<{ type: DataType; collection: DataType; record: DataType }>((tie) => ({
  type: fc.oneof(scalar, tie('collection'), tie('record')),
  collection: fc.oneof(
    listable.map(array),
    settable.map(set),
    tie('collection').map(array),
    tie('collection').map(set),
    tie('record').map(array),
  ),
  record: fc.dictionary(fieldName, fc.oneof(scalar, listable.map(array)), { minKeys: 1, maxKeys: 4 }).map(struct),
}))

test('every type that Feast can store comes back as it was', () => {
  fc.assert(
    fc.property(types.type, (type) => {
      const field = plainField('f', type)
      expect(formatDataType(fieldToModel(fieldToMessage(field)).type)).toBe(formatDataType(type))
    }),
    { seed: 20260101, numRuns: 500 },
  )
})

test('the shape of a struct is kept in the tag that Feast uses, as Python writes JSON, and is no tag of the user', () => {
  const type = struct({ a: int64, b: array(string), c: struct({ dé: string }) })
  const message = fieldToMessage({ ...plainField('s', type), tags: { mine: '1' } })
  expect(message.tags).toEqual({
    mine: '1',
    'feast:struct_schema': String.raw`{"a": "INT64", "b": "Array(STRING)", "c": "{\"__struct__\": {\"d\\u00e9\": \"STRING\"}}"}`,
  })
  expect(fieldToModel(message)).toEqual({ ...plainField('s', type), tags: { mine: '1' } })
})

test('a type code of a later Feast is read as a type that is not known', () => {
  const message = { ...fieldToMessage(plainField('f', int64)), valueType: 977 as never }
  expect(fieldToModel(message).type).toEqual(invalid)
})

test.each([array(zonedTimestamp), array(pdfBytes), set(struct({ a: int64 }))])(
  'a collection that Feast has no code for is refused',
  (type) => {
    expect(() => valueTypeOf(type)).toThrow(FeatureStoreError)
  },
)
