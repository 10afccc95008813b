import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CellBlock, cellBytes, eventMicrosOf } from '../../plugin/online-cells.ts'
import {
  nameHash,
  nameHashes,
  packedRowPlacer,
  packedRowReader,
  packedRowWriter,
  packRow,
  unpackRow,
} from './packed-row.ts'

const table = { project: 'p', view: 'v', version: null, joinKeys: ['id'], features: [] }
const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })
const value = fc.uint8Array({ maxLength: 20 })

describe('a packed row', () => {
  test('holds what was put into it', () => {
    const row = fc.record({
      eventMicros: micros,
      createdMicros: fc.option(micros),
      values: fc.array(fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), value)).map((pairs) => new Map(pairs)),
    })
    fc.assert(
      fc.property(row, (each) => {
        expect(unpackRow(packRow(each))).toEqual(each)
      }),
    )
  })

  test('is read under any list of features, whatever the list that it was written under', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'ż', ''), { maxLength: 6 })
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 5 }), names, (shapes, wanted) => {
        const read = packedRowReader(wanted)
        const cells = new CellBlock(shapes.length, wanted.length)
        for (const [row, shape] of shapes.entries()) {
          const values = new Map(shape.map((name) => [nameHash(name), Buffer.from(`${row}${name}`)]))
          read(cells, row, packRow({ eventMicros: BigInt(row) - 2n, createdMicros: null, values }))
        }
        for (const [row, shape] of shapes.entries()) {
          expect(eventMicrosOf(cells, row)).toBe(BigInt(row) - 2n)
          for (const [feature, name] of wanted.entries()) {
            const bytes = cellBytes(cells, row, feature)
            expect(bytes && Buffer.from(bytes).toString()).toBe(shape.includes(name) ? `${row}${name}` : null)
          }
        }
      }),
    )
  })

  test('is made of columns as it is made of one row', () => {
    const features = ['a', 'b', 'ż']
    const values = fc.array(value, { minLength: 3, maxLength: 3 })
    const row = fc.record({ eventMicros: micros, createdMicros: fc.option(micros), values })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        const pack = packedRowWriter(features)
        const batch = {
          table,
          entityKeys: [],
          values: features.map((_, feature) => rows.map((each) => each.values[feature] ?? new Uint8Array(0))),
          eventMicros: rows.map((each) => each.eventMicros),
          createdMicros: rows.map((each) => each.createdMicros),
        }
        for (const [index, each] of rows.entries()) {
          const byName = new Map(features.map((name, feature) => [nameHash(name), each.values[feature] as Uint8Array]))
          expect(pack(batch, index)).toEqual(packRow({ ...each, values: byName }))
        }
      }),
    )
  })

  test('is read where it lies within larger bytes', () => {
    const blob = packRow({
      eventMicros: -1n,
      createdMicros: null,
      values: new Map([[nameHash('a'), Buffer.from('x')]]),
    })
    const bytes = Buffer.concat([Buffer.from('$5'), blob, Buffer.from('\r\n')])
    const cells = new CellBlock(2, 2)
    packedRowPlacer(['b', 'a'])(cells, 1, bytes, 2, 2 + blob.length, 100)
    expect([...cells.starts, ...cells.ends]).toEqual([
      -1,
      -1,
      -1,
      1 + blob.length + 100,
      -1,
      -1,
      -1,
      2 + blob.length + 100,
    ])
    expect(eventMicrosOf(cells, 1)).toBe(-1n)
    expect(() => packedRowPlacer(['a'])(cells, 1, bytes, 2, 1 + blob.length, 0)).toThrow(
      expect.objectContaining({ code: 'FTS5041' }),
    )
  })

  test('tells a null from what it does not have', () => {
    const cells = new CellBlock(1, 2)
    const blob = packRow({
      eventMicros: 1n,
      createdMicros: null,
      values: new Map([[nameHash('a'), new Uint8Array(0)]]),
    })
    packedRowReader(['a', 'b'])(cells, 0, blob)
    expect([cellBytes(cells, 0, 0), cellBytes(cells, 0, 1)]).toEqual([new Uint8Array(0), null])
  })

  test('that is cut off or foreign is refused', () => {
    const blob = packRow({ eventMicros: 1n, createdMicros: null, values: new Map([[1, Uint8Array.of(1, 2, 3)]]) })
    const newer = Uint8Array.from(blob)
    newer[1] = 2
    for (const broken of [blob.subarray(0, 20), blob.subarray(0, 30), blob.subarray(0, -1), Uint8Array.of(1), newer]) {
      expect(() => unpackRow(broken)).toThrow(expect.objectContaining({ code: 'FTS5041' }))
    }
  })

  test('cannot tell features apart whose names have one hash, which is refused', () => {
    const names = ['feature_38961', 'feature_115567']
    expect(() => nameHashes(names)).toThrow(expect.objectContaining({ code: 'FTS5040' }))
    expect(nameHashes(['a', 'a'])).toHaveLength(2)
  })
})
