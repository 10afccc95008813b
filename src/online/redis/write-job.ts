import type { OnlineWrite } from '../../plugin/online-store.ts'
import { isPackedRow, packedRowWriter, packRow, unpackRow } from '../online-common/packed-row.ts'
import { type CommandWriter, encodedValues } from './command-writer.ts'
import { longestEventTime, writeEventTime } from './event-time.ts'
import type { RedisConfig } from './redis-config.ts'
import { eventField, featureField, projectSuffix } from './redis-layout.ts'
import { packedWriteScript, type Script, writeScript } from './write-script.ts'

/** A batch with what is the same for all of its rows. */
export class WriteJob {
  readonly batch: OnlineWrite
  readonly config: RedisConfig
  /** The fields of the event time and of the features, as RESP. */
  readonly fields: readonly Uint8Array[]
  readonly suffix: Uint8Array
  readonly ttl: string
  readonly script: Script
  /** Null in Feast's layout. */
  readonly #packed: ((batch: OnlineWrite, row: number) => Uint8Array) | null

  /** @throws FTS5040 */
  constructor(config: RedisConfig, batch: OnlineWrite) {
    const { table } = batch
    const names = table.features.map((feature) => feature.name)
    const fields = [eventField(table), ...names.map((name) => featureField(table, name))]
    const isPacked = config.layout === 'packed'
    this.batch = batch
    this.config = config
    this.fields = fields.map((field) => encodedValues([field]))
    this.suffix = projectSuffix(table.project)
    this.ttl = String(config.keyTtlSeconds ?? 0)
    this.script = isPacked ? packedWriteScript : writeScript
    this.#packed = isPacked ? packedRowWriter(names) : null
  }

  key(row: number): Uint8Array {
    return Buffer.concat([this.batch.entityKeys[row] as Uint8Array, this.suffix])
  }

  /** About how many bytes the values of a row are. */
  sizeOf(row: number): number {
    let size = 0
    for (const column of this.batch.values) size += (column[row] as Uint8Array).length
    return size
  }

  /**
   * What writes a row over what is stored for it, the field of the event time: null for nothing, undefined when it was
   * not looked at.
   */
  commandsOf(row: number, stored?: Uint8Array | null): readonly ((writer: CommandWriter) => void)[] {
    const commands: ((writer: CommandWriter) => void)[] = []
    if (this.#packed === null) commands.push((writer) => this.#writeHset(writer, row))
    else {
      if (stored && !isPackedRow(stored)) commands.push((writer) => this.#writeHdel(writer, row))
      commands.push((writer) => this.#writePackedHset(writer, row, stored ?? null))
    }
    if (this.config.keyTtlSeconds !== null) commands.push((writer) => this.#writeExpire(writer, row))
    return commands
  }

  writeScriptCall(writer: CommandWriter, command: 'EVALSHA' | 'EVAL', rows: readonly number[]): void {
    const { fields } = this
    const valuesPerRow = this.#packed === null ? fields.length : 1
    writer.begin(6 + rows.length + fields.length + valuesPerRow * rows.length)
    writer.value(command)
    writer.value(command === 'EVAL' ? this.script.text : this.script.hash)
    writer.value(String(rows.length))
    for (const row of rows) this.writeKey(writer, row)
    writer.value(this.batch.feastOrder === true ? 'feast' : 'newest')
    writer.value(this.ttl)
    writer.value(String(fields.length))
    for (const field of fields) writer.raw(field)
    for (const row of rows) this.#writeValues(writer, row)
  }

  writeKey(writer: CommandWriter, row: number): void {
    writer.joined(this.batch.entityKeys[row] as Uint8Array, this.suffix)
  }

  /** The values of a row, in the order of {@link fields}; or the packed row. */
  #writeValues(writer: CommandWriter, row: number): void {
    if (this.#packed !== null) {
      writer.value(this.#packed(this.batch, row))
      return
    }
    this.#writeEventTime(writer, row)
    for (const column of this.batch.values) writer.value(column[row] as Uint8Array)
  }

  #writeEventTime(writer: CommandWriter, row: number): void {
    writer.value(eventTime, writeEventTime(eventTime, this.batch.eventMicros[row] as bigint))
  }

  #writeHset(writer: CommandWriter, row: number): void {
    writer.begin(2 + 2 * this.fields.length)
    writer.value('HSET')
    this.writeKey(writer, row)
    for (const [index, field] of this.fields.entries()) {
      writer.raw(field)
      if (index === 0) this.#writeEventTime(writer, row)
      else writer.value(this.batch.values[index - 1]?.[row] as Uint8Array)
    }
  }

  #writePackedHset(writer: CommandWriter, row: number, stored: Uint8Array | null): void {
    const packed = this.#packed?.(this.batch, row) ?? noBytes
    writer.begin(4)
    writer.value('HSET')
    this.writeKey(writer, row)
    writer.raw(this.fields[0] ?? noBytes)
    writer.value(stored !== null && isPackedRow(stored) ? merged(stored, packed) : packed)
  }

  #writeHdel(writer: CommandWriter, row: number): void {
    writer.begin(1 + this.fields.length)
    writer.value('HDEL')
    this.writeKey(writer, row)
    for (const field of this.fields.slice(1)) writer.raw(field)
  }

  #writeExpire(writer: CommandWriter, row: number): void {
    writer.begin(3)
    writer.value('EXPIRE')
    this.writeKey(writer, row)
    writer.value(this.ttl)
  }
}

const eventTime = new Uint8Array(longestEventTime)
const noBytes = new Uint8Array(0)

/** A row with the features that it lacks and the stored one has. */
function merged(stored: Uint8Array, next: Uint8Array): Uint8Array {
  const row = unpackRow(next)
  return packRow({ ...row, values: new Map([...row.values, ...missing(unpackRow(stored).values, row.values)]) })
}

function missing<V>(from: ReadonlyMap<number, V>, present: ReadonlyMap<number, V>): readonly (readonly [number, V])[] {
  return [...from].filter(([name]) => !present.has(name))
}
