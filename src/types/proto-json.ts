import type { FeatureValue } from './feature-value.ts'
import { type JsonValue, objectOf, spelledNumbers } from './json.ts'
import { type LeafKind, mapKeyCases, type ValueCase, type ValueCaseName, valueCases } from './value-cases.ts'
import { setOwn } from './value-decoder.ts'
import { instantOfSeconds, misfit } from './value-leaf.ts'

/**
 * Reads protobuf's JSON form of `feast.types.Value`: `{"int64Val": "7"}`, with the names in camel case or as in the
 * `.proto` file. 64-bit integers are text, bytes base64. `{}` is an unset value.
 *
 * @throws FTS5081 when the JSON is not a `Value`.
 */
export function valueFromProtoJson(json: JsonValue): {
  readonly kind: ValueCaseName | null
  readonly value: FeatureValue
} {
  const [entry, ...more] = Object.entries(objectOf(json))
  if (entry === undefined) return { kind: null, value: null }
  const kind = caseNames.get(entry[0])
  if (kind === undefined || more.length > 0) return misfit(json, 'a feast.types.Value')
  const shape: ValueCase = valueCases[kind]
  return { kind, value: readers[shape.shape](entry[1], shape.leaf ?? 'string') }
}

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

function bothSpellings<Name extends string>(names: readonly Name[]): ReadonlyMap<string, Name> {
  return new Map(
    names.flatMap((name): [string, Name][] => [
      [name, name],
      [camel(name), name],
    ]),
  )
}

const caseNames = bothSpellings(Object.keys(valueCases) as ValueCaseName[])
const keyNames = bothSpellings(Object.keys(mapKeyCases) as (keyof typeof mapKeyCases)[])

type Reader = (json: JsonValue, leaf: LeafKind) => FeatureValue

const readers: Readonly<Record<ValueCase['shape'], Reader>> = {
  one: leafFromJson,
  null: () => null,
  list: (json, leaf) => repeated(json).map((element) => leafFromJson(element, leaf)),
  map: mapFromJson,
  mapList: (json) => repeated(json).map(mapFromJson),
  values: (json) => repeated(json).map((element) => valueFromProtoJson(element).value),
  scalarMap: (json) => new Map(repeated(json).map(entryFromJson)),
  zoned: (json) => {
    const parts = objectOf(json)
    const instant = instantOfSeconds(whole(parts.unix_timestamp ?? parts.unixTimestamp ?? 0))
    return instant === null ? null : { instant, zone: String(parts.zone ?? '') }
  },
}

function leafFromJson(json: JsonValue, leaf: LeafKind): FeatureValue {
  switch (leaf) {
    case 'string':
      return typeof json === 'string' ? json : misfit(json, 'text')
    case 'bool':
      return typeof json === 'boolean' ? json : misfit(json, 'true or false')
    case 'bytes':
      return Uint8Array.from(Buffer.from(String(json), 'base64'))
    case 'int32':
      return Number(whole(json))
    case 'int64':
      return whole(json)
    case 'time':
      return instantOfSeconds(whole(json))
    case 'double':
      return numberOf(json)
    case 'float':
      return Math.fround(numberOf(json))
  }
}

function numberOf(json: JsonValue): number {
  const number = typeof json === 'string' ? spelledNumbers[json] : json
  return typeof number === 'number' ? number : misfit(json, 'a number')
}

function whole(json: JsonValue): bigint {
  return (typeof json === 'string' && /^-?\d+$/.test(json)) || Number.isSafeInteger(json)
    ? BigInt(json as string | number)
    : misfit(json, 'a whole number')
}

function repeated(json: JsonValue): readonly JsonValue[] {
  const list = objectOf(json).val ?? []
  return Array.isArray(list) ? list : misfit(json, 'a message with a list "val"')
}

function mapFromJson(json: JsonValue): FeatureValue {
  const record: { [name: string]: FeatureValue } = {}
  for (const [name, part] of Object.entries(objectOf(objectOf(json).val ?? {}))) {
    setOwn(record, name, valueFromProtoJson(part).value)
  }
  return record
}

function entryFromJson(json: JsonValue): [FeatureValue, FeatureValue] {
  const { key = {}, value = {} } = objectOf(json)
  const [entry] = Object.entries(objectOf(key))
  const name = keyNames.get(entry?.[0] ?? '')
  const read = name === undefined || entry === undefined ? null : leafFromJson(entry[1], mapKeyCases[name].leaf)
  return [read, valueFromProtoJson(value).value]
}
