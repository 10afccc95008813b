import type { OnlineWrite } from '../../plugin/online-store.ts'
import { type CommandWriter, encodedValues } from './command-writer.ts'
import { encodeEventTime } from './event-time.ts'
import type { RedisConfig } from './redis-config.ts'
import { eventField, featureField, projectSuffix } from './redis-layout.ts'

/** A batch with what is the same for all of its rows. */
export class WriteJob {
  readonly batch: OnlineWrite
  readonly config: RedisConfig
  /** The fields of the event time and of the features, as RESP. */
  readonly fields: readonly Uint8Array[]
  readonly suffix: Uint8Array
  readonly ttl: string

  constructor(config: RedisConfig, batch: OnlineWrite) {
    const { table } = batch
    const fields = [eventField(table), ...table.features.map((feature) => featureField(table, feature.name))]
    this.batch = batch
    this.config = config
    this.fields = fields.map((field) => encodedValues([field]))
    this.suffix = projectSuffix(table.project)
    this.ttl = String(config.keyTtlSeconds ?? 0)
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

  /** What writes a row whatever is stored: one command, or two with a ttl. */
  commandsOf(row: number): readonly ((writer: CommandWriter) => void)[] {
    const set = (writer: CommandWriter): void => this.#writeHset(writer, row)
    return this.config.keyTtlSeconds === null ? [set] : [set, (writer) => this.#writeExpire(writer, row)]
  }

  writeScriptCall(writer: CommandWriter, command: 'EVALSHA' | 'EVAL', script: string, rows: readonly number[]): void {
    const { fields } = this
    writer.begin(6 + rows.length + fields.length * (rows.length + 1))
    writer.value(command)
    writer.value(script)
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

  eventTime(row: number): Uint8Array {
    return encodeEventTime(this.batch.eventMicros[row] as bigint)
  }

  /** The values of a row, in the order of {@link fields}. */
  #writeValues(writer: CommandWriter, row: number): void {
    writer.value(this.eventTime(row))
    for (const column of this.batch.values) writer.value(column[row] as Uint8Array)
  }

  #writeHset(writer: CommandWriter, row: number): void {
    writer.begin(2 + 2 * this.fields.length)
    writer.value('HSET')
    this.writeKey(writer, row)
    for (const [index, field] of this.fields.entries()) {
      writer.raw(field)
      writer.value(index === 0 ? this.eventTime(row) : (this.batch.values[index - 1]?.[row] as Uint8Array))
    }
  }

  #writeExpire(writer: CommandWriter, row: number): void {
    writer.begin(3)
    writer.value('EXPIRE')
    this.writeKey(writer, row)
    writer.value(this.ttl)
  }
}
