import type { RecordBatch, Vector } from 'apache-arrow'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { Instant } from '../../base/instant.ts'
import { dummyEntityValue, dummyJoinKey } from '../../model/entity.ts'
import type { LoadedColumn, LoadRequest } from '../../plugin/compute-engine.ts'
import { type ColumnReader, columnReader, dataTypeOfArrow } from '../../types/arrow.ts'
import { type DataType, formatDataType } from '../../types/data-type.ts'
import { type EntityKeyValue, entityKeySerializer, entityKeyValue } from '../../types/entity-key.ts'
import type { FeatureValue } from '../../types/feature-value.ts'
import { valueEncoder } from '../../types/value-codec.ts'
import type { RowBuffer } from './row-buffer.ts'

/** Appends rows `start` to `end` (exclusive) of a batch, encoded, to a buffer. */
export type AppendRows = (buffer: RowBuffer, start: number, end: number) => void

/**
 * Encodes batches of a source as a view's keys and values. Readers and encoders are chosen once per column; cells pass
 * from typed arrays to bytes one column after the other.
 */
export function batchEncoder(request: LoadRequest): (batch: RecordBatch) => AppendRows {
  const serialize = keySerializer(request)
  return (batch) => {
    const column = (name: string): Vector => columnOf(batch, name, request)
    const keys = request.keys.map((key) => keyReader(column(key.sourceColumn), key, request))
    const cells = request.features.map((feature) => cellEncoder(column(feature.sourceColumn), feature, request))
    const events = microsReader(column(request.pull.timestampColumn), request.pull.timestampColumn, request)
    const created = request.pull.createdColumn
    const creations = created === null ? (): null => null : microsReader(column(created), created, request)
    return (buffer, start, end) => {
      for (let row = start; row < end; row++) {
        buffer.entityKeys.push(serialize(keys, row))
        buffer.eventMicros.push(events(row) ?? missingEvent(request))
        buffer.createdMicros.push(creations(row))
      }
      for (const [index, cell] of cells.entries()) {
        const values = buffer.values[index]
        for (let row = start; row < end; row++) values?.push(cell(row))
      }
    }
  }
}

type KeyReader = (row: number) => EntityKeyValue

function keySerializer(request: LoadRequest): (keys: readonly KeyReader[], row: number) => Uint8Array {
  if (request.keys.length === 0) {
    const key = entityKeySerializer([dummyJoinKey], request.keyVersion)([{ kind: 'string', value: dummyEntityValue }])
    return () => key
  }
  const serialize = entityKeySerializer(
    request.keys.map((key) => key.field.name),
    request.keyVersion,
  )
  return (keys, row) => serialize(keys.map((read) => read(row)))
}

function columnOf(batch: RecordBatch, name: string, request: LoadRequest): Vector {
  const column = batch.getChild(name)
  if (column !== null) return column
  throw new FeatureStoreError('FTS6005', {
    message: `The source "${request.pull.source.name}" of the view "${request.view}" delivered no column "${name}".`,
    notes: [`it delivered: ${batch.schema.fields.map((field) => field.name).join(', ')}`],
  })
}

function keyReader(vector: Vector, key: LoadedColumn, request: LoadRequest): KeyReader {
  const read = columnReader(vector)
  const type = declaredType(key, vector)
  return (row) => {
    const value = read(row)
    try {
      return entityKeyValue(value, type)
    } catch (cause) {
      throw misfit(value, key, type, request, cause)
    }
  }
}

/** A registry of an old project may lack types of join keys; the source tells them then. */
function declaredType(column: LoadedColumn, vector: Vector): DataType {
  const { type } = column.field
  return type.kind === 'scalar' && type.name === 'invalid' ? dataTypeOfArrow(vector.type) : type
}

function cellEncoder(vector: Vector, feature: LoadedColumn, request: LoadRequest): (row: number) => Uint8Array {
  const type = declaredType(feature, vector)
  const encode = valueEncoder(type)
  const read = valueReader(columnReader(vector), type)
  return (row) => {
    const value = read(row)
    try {
      return encode(value)
    } catch (cause) {
      throw misfit(value, feature, type, request, cause)
    }
  }
}

/** As Feast reads a data frame: a bare NaN is a missing value, and a whole number in a column of doubles is one. */
function valueReader(read: ColumnReader, type: DataType): ColumnReader {
  if (type.kind !== 'scalar') return read
  const whole = type.name === 'int64' || type.name === 'int32'
  if (!whole && type.name !== 'float32' && type.name !== 'float64') return read
  return (row) => {
    const value = read(row)
    return typeof value === 'number' && Number.isNaN(value) ? null : value
  }
}

/** Microseconds of a time column. */
function microsReader(vector: Vector, name: string, request: LoadRequest): (row: number) => bigint | null {
  const read = columnReader(vector)
  return (row) => {
    const value = read(row)
    if (value === null) return null
    const time = typeof value === 'string' ? Instant.parse(value) : value
    if (time instanceof Instant) return time.epochMicros
    throw new FeatureStoreError('FTS6005', {
      message: `The column "${name}" of the source "${request.pull.source.name}" of the view "${request.view}" holds ${String(value)}, which is not a time.`,
    })
  }
}

function missingEvent(request: LoadRequest): never {
  throw new FeatureStoreError('FTS6005', {
    message: `The source "${request.pull.source.name}" of the view "${request.view}" delivered a row without an event time.`,
  })
}

function misfit(
  value: FeatureValue,
  column: LoadedColumn,
  type: DataType,
  request: LoadRequest,
  cause: unknown,
): FeatureStoreError {
  const named =
    column.sourceColumn === column.field.name
      ? `"${column.field.name}"`
      : `"${column.field.name}" (column "${column.sourceColumn}")`
  const why = cause instanceof Error ? `: ${cause.message}` : `: ${String(value)}`
  return new FeatureStoreError('FTS6005', {
    message: `A value of ${named} of the view "${request.view}" is not ${formatDataType(type)}${why}`,
    notes: [`source: ${request.pull.source.name}`],
    cause,
  })
}
