import { createHash } from 'node:crypto'
import type { OnlineTable, OnlineWrite } from 'feast-ts/plugin'

/** What one file holds. */
export class Row {
  readonly eventMicros: bigint
  readonly createdMicros: bigint | null
  /** Serialised values by feature. */
  readonly values: ReadonlyMap<string, Uint8Array>

  constructor(eventMicros: bigint, createdMicros: bigint | null, values: ReadonlyMap<string, Uint8Array>) {
    this.eventMicros = eventMicros
    this.createdMicros = createdMicros
    this.values = values
  }

  /** One line of JSON. 64-bit numbers are texts, as JSON numbers would lose digits. */
  text(): string {
    const values = [...this.values].map(([name, value]) => [name, Buffer.from(value).toString('base64')])
    return `${JSON.stringify({ event: `${this.eventMicros}`, created: this.createdMicros?.toString() ?? null, values })}\n`
  }
}

export function parseRow(text: string): Row {
  const { event, created, values } = JSON.parse(text) as {
    readonly event: string
    readonly created: string | null
    readonly values: readonly (readonly [string, string])[]
  }
  const decoded = values.map(([name, value]) => [name, Uint8Array.from(Buffer.from(value, 'base64'))] as const)
  return new Row(BigInt(event), created === null ? null : BigInt(created), new Map(decoded))
}

/** A row of a batch; features that it does not have keep what is stored. */
export function rowOf(batch: OnlineWrite, index: number, stored: Row | undefined): Row {
  const written = batch.table.features.map((feature, column) => {
    return [feature.name, batch.values[column]?.[index] ?? new Uint8Array(0)] as const
  })
  const values = new Map([...(stored?.values ?? []), ...written])
  return new Row(batch.eventMicros[index] ?? 0n, batch.createdMicros[index] ?? null, values)
}

/** Names may hold anything; folders may not. The encoded name never has the separator in it. */
export function folderName({ project, view, version }: OnlineTable): string {
  return [project, view, `${version ?? 0}`].map((part) => encodeURIComponent(part).replaceAll('.', '%2E')).join(',')
}

/** Keys are of any length, names of files are not. */
export function fileName(key: Uint8Array): string {
  return `${createHash('sha256').update(key).digest('hex')}.json`
}
