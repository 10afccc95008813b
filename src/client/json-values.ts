import { Instant } from '../base/instant.ts'
import type { DataType, ScalarTypeName } from '../types/data-type.ts'
import type { ExactJson } from '../types/exact-json.ts'
import type { FeatureValue } from '../types/feature-value.ts'

/** A value of an answer. Without a type it stays what JSON says: times are seconds, bytes base64 text. */
export function valueOfJson(json: ExactJson, type: DataType | undefined): FeatureValue {
  if (json === null || type === undefined) return json as FeatureValue
  switch (type.kind) {
    case 'array':
    case 'set':
      return Array.isArray(json) ? json.map((each) => valueOfJson(each, type.of)) : (json as FeatureValue)
    case 'struct': {
      if (typeof json !== 'object') return json
      const parts = Object.entries(json).map(([name, part]) => [name, valueOfJson(part, type.fields[name])])
      return Object.fromEntries(parts) as FeatureValue
    }
    case 'scalar': {
      const read = readers[type.name]
      return read === undefined ? (json as FeatureValue) : read(json)
    }
  }
}

const spelled: ReadonlyMap<ExactJson, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

const numberOf = (json: ExactJson): FeatureValue => spelled.get(json) ?? (json as FeatureValue)

const bytesOf = (json: ExactJson): FeatureValue =>
  typeof json === 'string' ? Uint8Array.from(atob(json), (letter) => letter.charCodeAt(0)) : (json as FeatureValue)

const readers: { readonly [Name in ScalarTypeName]?: (json: ExactJson) => FeatureValue } = {
  int64: (json) => (typeof json === 'number' && Number.isSafeInteger(json) ? BigInt(json) : (json as FeatureValue)),
  float32: numberOf,
  float64: numberOf,
  bytes: bytesOf,
  pdfBytes: bytesOf,
  imageBytes: bytesOf,
  unixTimestamp: (json) =>
    typeof json === 'number' || typeof json === 'bigint'
      ? Instant.fromEpochSeconds(BigInt(json))
      : (json as FeatureValue),
  zonedTimestamp: (json) => {
    const instant = typeof json === 'string' ? Instant.parse(json) : undefined
    if (instant === undefined) return json as FeatureValue
    return { instant, zone: /(?:Z|[+-]\d\d:\d\d)$/.exec(String(json))?.[0] ?? '' }
  },
}

/** Rows by column. A column that a row does not have is null there. */
export function columnsOfRows(
  rows: readonly Readonly<Record<string, unknown>>[] | Readonly<Record<string, readonly unknown[]>>,
): Readonly<Record<string, readonly unknown[]>> {
  if (!isRows(rows)) return rows
  const names = new Set(rows.flatMap((row) => Object.keys(row)))
  return Object.fromEntries([...names].map((name) => [name, rows.map((row) => row[name])]))
}

function isRows(
  rows: readonly Readonly<Record<string, unknown>>[] | Readonly<Record<string, readonly unknown[]>>,
): rows is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(rows)
}
