import { join } from 'node:path'
import type { DataType as ArrowType, Data, Table } from 'apache-arrow'
import { Instant } from '../../src/base/instant.ts'
import { columnData, loadArrow } from '../../src/types/arrow.ts'
import type { FeatureValue } from '../../src/types/feature-value.ts'
import type { GoldenCase } from './case-file.ts'
import { type GoldenValue, listOf, objectOf, readGoldenJson } from './golden-json.ts'

/** A data frame of a case as an Arrow table, with the column types that its pandas types stand for. */
export async function readFrame(folder: string, goldenCase: GoldenCase, name: string): Promise<Table> {
  const file = goldenCase.dataframes[name]?.json
  if (file === undefined) throw new Error(`case.json has no data frame "${name}"`)
  const { columns, rows } = objectOf(readGoldenJson(join(folder, file)))
  const { DataType, Field, RecordBatch, Schema, Struct, Table, makeData, vectorFromArray } = await loadArrow()
  const cells = listOf(rows).map(listOf)
  const parts = await Promise.all(
    listOf(columns).map(async (column, index) => {
      const { name: columnName, pandas_dtype } = objectOf(column)
      const values = cells.map((row) => row[index] ?? null)
      return { name: String(columnName), ...(await frameColumn(String(pandas_dtype), values)) }
    }),
  )
  const schema = new Schema(parts.map((part) => new Field(part.name, part.type, true)))
  const children = parts.flatMap(({ name, type, values }): readonly Data[] =>
    // Whole numbers of other widths than those of feature types are left to Arrow itself.
    DataType.isInt(type) ? vectorFromArray([...values], type).data : [columnData(values, type, name)],
  )
  const data = makeData({ type: new Struct(schema.fields), length: cells.length, nullCount: 0, children })
  return new Table(schema, [new RecordBatch(schema, data)])
}

interface FrameColumn {
  readonly type: ArrowType
  readonly values: readonly FeatureValue[]
}

async function frameColumn(dtype: string, cells: readonly GoldenValue[]): Promise<FrameColumn> {
  const arrow = await loadArrow()
  const { Bool, Float32, Float64, Int64, TimestampMicrosecond } = arrow
  const zone = /^datetime64\[(?:s|ms|us|ns)(?:, (.*))?\]$/.exec(dtype)
  if (zone !== null) {
    return { type: new TimestampMicrosecond(zone[1] ?? null), values: cells.map(wallClock(zone[1])) }
  }
  const [, unsigned, width] = /^(u?)int(8|16|32)$/i.exec(dtype) ?? []
  if (width !== undefined) {
    const type = new arrow[`${unsigned !== '' ? 'Uint' : 'Int'}${width as '8' | '16' | '32'}`]()
    return { type, values: cells.map((cell) => (cell === null ? null : Number(cell))) }
  }
  const made: { readonly [dtype: string]: () => FrameColumn } = {
    int64: () => ({ type: new Int64(), values: cells.map(wholeOf) }),
    Int64: () => ({ type: new Int64(), values: cells.map(wholeOf) }),
    uint64: () => ({ type: new arrow.Uint64(), values: cells.map(wholeOf) }),
    UInt64: () => ({ type: new arrow.Uint64(), values: cells.map(wholeOf) }),
    float64: () => ({ type: new Float64(), values: cells.map(numberOf) }),
    float32: () => ({ type: new Float32(), values: cells.map(numberOf) }),
    bool: () => ({ type: new Bool(), values: cells.map((cell) => cell === true) }),
    boolean: () => ({ type: new Bool(), values: cells.map((cell) => (cell === null ? null : cell === true)) }),
  }
  return made[dtype]?.() ?? objectColumn(cells)
}

function wholeOf(cell: GoldenValue): FeatureValue {
  return typeof cell === 'bigint' || typeof cell === 'number' ? BigInt(cell) : null
}

/** pandas has no null among floats; a missing number is NaN there and null in Arrow. */
function numberOf(cell: GoldenValue): FeatureValue {
  return cell === null || cell === 'NaN' ? null : Number(cell)
}

/** A naive column holds wall clock times without a zone; the others hold instants. */
function wallClock(zone: string | undefined): (cell: GoldenValue) => FeatureValue {
  return (cell) => {
    if (typeof cell !== 'string') return null
    const text = zone === undefined ? cell.replace(/(Z|[+-]\d\d:\d\d)$/, '') : cell
    return Instant.parse(text) ?? null
  }
}

/** Columns of Python objects: text, numbers, flags, bytes, lists or records. */
async function objectColumn(cells: readonly GoldenValue[]): Promise<FrameColumn> {
  const { arrowTypeOfValues } = await import('../../src/types/arrow-write.ts')
  // JSON writes 2.0 and 2 alike here: beside a fraction, a whole number is a float too.
  const fractions = cells.some((cell) => typeof cell === 'number' && !Number.isInteger(cell))
  const values = cells.map((cell) => (fractions && typeof cell === 'number' ? cell : objectCell(cell)))
  return { type: arrowTypeOfValues(values, 'object'), values }
}

function objectCell(cell: GoldenValue): FeatureValue {
  if (cell === null) return null
  if (typeof cell === 'number') return Number.isInteger(cell) ? BigInt(cell) : cell
  if (Array.isArray(cell)) return cell.map(objectCell)
  if (typeof cell !== 'object') return cell as FeatureValue
  const record = objectOf(cell)
  if (typeof record.base64 === 'string') return Uint8Array.from(Buffer.from(record.base64, 'base64'))
  return Object.fromEntries(Object.entries(record).map(([name, part]) => [name, objectCell(part)]))
}
