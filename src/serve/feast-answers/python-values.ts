import { create } from '@bufbuild/protobuf'
import type { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { DataType, ScalarTypeName } from '../../types/data-type.ts'
import { pythonFloat } from '../../types/python-float.ts'
import { missingTimeSeconds } from '../../types/value-cases.ts'
import { MapListSchema, MapSchema, RepeatedValueSchema } from '../../wire/gen/feast/types/Value_pb.ts'
import { plainError } from './feast-errors.ts'
import { isArrowList } from './feast-frame.ts'
import { type CaseName, protoValue, unset, type Value } from './proto-values.ts'
import { dumpedJson, isList, isObject, type PythonObject, type PythonValue, parsePythonJson } from './python-json.ts'

/** A column of Python values as protobuf values of a type; of null, the type is that of the first value that says one. */
export function protoValues(values: readonly PythonValue[], type: DataType | null): readonly Value[] {
  const known = type !== null && !(type.kind === 'scalar' && type.name === 'invalid') ? type : inferredType(values)
  if (known === null) {
    if (values.every((value) => value === null)) return values.map(() => unset)
    throw mistyped('The type of a column cannot be told from its values.')
  }
  return converter(known)(values)
}

type Converter = (values: readonly PythonValue[]) => readonly Value[]

function mistyped(message: string): FeatureStoreError {
  return plainError('FTS5003', message)
}

/** Lists, objects and texts that are empty say nothing, but for the empty text. */
const saysSomething = (value: PythonValue): boolean =>
  value !== null && !(isList(value) && value.length === 0) && !(isObject(value) && value.size === 0)

function inferredType(values: readonly PythonValue[]): DataType | null {
  const sample = values.find(saysSomething)
  return sample === undefined ? null : typeOfValue(sample, true)
}

function typeOfValue(value: PythonValue, mayNest: boolean): DataType {
  if (typeof value === 'string') return { kind: 'scalar', name: 'string' }
  if (typeof value === 'boolean') return { kind: 'scalar', name: 'bool' }
  if (typeof value === 'bigint') return { kind: 'scalar', name: 'int64' }
  if (typeof value === 'number') return { kind: 'scalar', name: 'float64' }
  if (value instanceof Uint8Array) return { kind: 'scalar', name: 'bytes' }
  if (isObject(value)) return { kind: 'scalar', name: 'map' }
  if (!isList(value) || !mayNest) throw mistyped('Values of this form have no type of their own.')
  if (isObject(value[0])) return { kind: 'array', of: { kind: 'scalar', name: 'map' } }
  const types = value.map((element) => typeOfValue(element, false))
  const names = new Set(types.map((each) => (each.kind === 'scalar' ? each.name : '')))
  const [of] = types
  if (of === undefined || names.size > 1) throw mistyped('The elements of a list are not of one type.')
  return { kind: 'array', of }
}

function converter(type: DataType): Converter {
  switch (type.kind) {
    case 'struct':
      return eachPresent((value) => protoValue('structVal', mapOf(objectIn(value, true))))
    case 'scalar':
      return scalarConverter(type.name)
    case 'array':
      return elementConverter(type.of, 'list')
    case 'set':
      return elementConverter(type.of, 'set')
  }
}

const eachPresent =
  (convert: (value: PythonValue) => Value): Converter =>
  (values) =>
    values.map((value) => (value === null ? unset : convert(value)))

function scalarConverter(name: ScalarTypeName): Converter {
  if (name === 'map') return eachPresent((value) => protoValue('mapVal', mapOf(objectIn(value, false))))
  if (name === 'json') return eachPresent((value) => protoValue('jsonVal', jsonText(value)))
  if (name === 'scalarMap') {
    return eachPresent(() => {
      throw mistyped('The keys of a JSON object are texts, and those of a scalar map are not.')
    })
  }
  const scalar = scalars[name]
  if (scalar === undefined) throw mistyped(`Values of ${name} cannot be given.`)
  return (values) => {
    const sample = values.find(isAtom)
    if (sample === undefined) return values.map(() => unset)
    if (!scalar.takes(sample)) throw mistyped(`${shown(sample)} is no value of ${name}.`)
    return values.map((value) => {
      if (!isAtom(value) || (scalar.nanIsNull && Number.isNaN(value))) return unset
      return protoValue(scalar.case, scalar.convert(value))
    })
  }
}

type Atom = boolean | bigint | number | string | Uint8Array

/** Null, lists and objects are no scalars; in a scalar column they all are null. */
const isAtom = (value: PythonValue): value is Atom => value !== null && !isList(value) && !isObject(value)

interface Scalar {
  readonly case: CaseName
  /** Looked at for the first value of a column only. */
  readonly takes: (sample: Atom) => boolean
  readonly convert: (value: Atom) => unknown
  readonly nanIsNull: boolean
}

const any = (): boolean => true
const texts = (value: Atom): boolean => typeof value === 'string'
const wholeNumbers = (value: Atom): boolean => typeof value === 'boolean' || typeof value === 'bigint'
const bytesOnly = (value: PythonValue): boolean => value instanceof Uint8Array
const none = (): boolean => false
const isNumber = (value: Atom): boolean => typeof value === 'bigint' || typeof value === 'number'
const same = (value: Atom): unknown => value

const scalar = (name: CaseName, takes: Scalar['takes'], convert: Scalar['convert'], nanIsNull = true): Scalar => {
  return { case: name, takes, convert, nanIsNull }
}

const scalars: { readonly [name in ScalarTypeName]?: Scalar } = {
  int32: scalar('int32Val', any, (value) => Number(pythonInt(value, 32))),
  int64: scalar('int64Val', any, (value) => pythonInt(value, 64)),
  float32: scalar('floatVal', any, (value) => Math.fround(floatOf(value))),
  float64: scalar('doubleVal', isNumber, (value) => doubleOf(value)),
  string: scalar('stringVal', any, pythonText),
  bool: scalar('boolVal', wholeNumbers, (value) => boolOf(value)),
  bytes: scalar('bytesVal', bytesOnly, same),
  pdfBytes: scalar('bytesVal', bytesOnly, same),
  imageBytes: scalar('bytesVal', bytesOnly, same),
  uuid: scalar('uuidVal', texts, pythonText),
  timeUuid: scalar('timeUuidVal', texts, pythonText),
  decimal: scalar('decimalVal', texts, pythonText),
  // A float is what a missing time has become in a column of numbers.
  unixTimestamp: scalar('unixTimestampVal', any, secondsOf, false),
  zonedTimestamp: scalar('zonedTimestampVal', none, same),
}

/** Python tells times apart from floats, which stand for the missing ones. */
function secondsOf(value: Atom): bigint {
  return typeof value === 'number' ? missingTimeSeconds : pythonInt(value, 64)
}

/** Python's `int()`, within a number of bits. */
function pythonInt(value: Atom, bits: 32 | 64): bigint {
  const whole = wholeOf(value)
  if (BigInt.asIntN(bits, whole) !== whole) throw mistyped(`Value out of range: ${whole}`)
  return whole
}

function wholeOf(value: Atom): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw mistyped(`${pythonFloat(value)} is not an integer.`)
    return BigInt(Math.trunc(value))
  }
  const digits = value instanceof Uint8Array ? latin1(value).trim() : asciiDigits(value.trim())
  if (!/^[+-]?\d+(_\d+)*$/.test(digits)) throw mistyped(`invalid literal for int() with base 10: ${shown(value)}`)
  return BigInt(digits.replaceAll('_', '').replace(/^\+/, ''))
}

/** Digits of every script, as Python reads them. They stand in blocks of ten, each of which begins with its zero. */
function asciiDigits(text: string): string {
  return text.replaceAll(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    let value = 0
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++
    return String(value)
  })
}

const spelledFloats = /^([+-]?)(inf|infinity|nan)$/i

function floatOf(value: Atom): number {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return Number(value)
  const text = (typeof value === 'string' ? value : latin1(value)).trim()
  const spelled = spelledFloats.exec(text)
  if (spelled !== null) {
    const size = spelled[2]?.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY
    return spelled[1] === '-' ? -size : size
  }
  if (!/^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$/i.test(text)) {
    throw mistyped(`could not convert string to float: '${value}'`)
  }
  return Number(text.replaceAll('_', ''))
}

function doubleOf(value: Atom): number {
  if (typeof value === 'string') throw mistyped(`${shown(value)} is no number.`)
  return Number(value)
}

function boolOf(value: Atom): boolean {
  if (typeof value === 'string') throw mistyped(`${shown(value)} is no truth value.`)
  return Boolean(value)
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

const byteEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** Bytes as Python prints them: `b'ab\\xff'`. */
function bytesText(bytes: Uint8Array): string {
  const text = latin1(bytes)
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const shownBytes = text.replaceAll(/[\\'"]|[^ -~]/g, (unit) => {
    if (unit === '"' || unit === "'") return unit === quote ? `\\${unit}` : unit
    return byteEscapes[unit] ?? `\\x${unit.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `b${quote}${shownBytes}${quote}`
}

function pythonText(value: Atom): string {
  if (value instanceof Uint8Array) return bytesText(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' ? pythonFloat(value) : String(value)
}

function shown(value: PythonValue): string {
  try {
    return dumpedJson(value)
  } catch {
    return 'A value with bytes'
  }
}

/** Python's dict for a map or struct: an object, or the JSON text of one. */
function objectIn(value: PythonValue, isStruct: boolean): PythonObject {
  const parsed = typeof value === 'string' ? jsonIn(value) : value
  if (isObject(parsed)) return parsed
  if (isStruct) return new Map([['_value', isList(parsed) ? dumpedJson(parsed) : pythonText(parsed as Atom)]])
  throw mistyped(`${shown(value)} is no object.`)
}

function jsonIn(text: string): PythonValue {
  try {
    return parsePythonJson(text)
  } catch {
    throw mistyped(`${shown(text)} is not JSON.`)
  }
}

function mapOf(members: PythonObject): unknown {
  const val: Record<string, Value> = {}
  for (const [name, value] of members) {
    Object.defineProperty(val, name, { value: memberOf(value), enumerable: true, writable: true, configurable: true })
  }
  return create(MapSchema, { val })
}

const isNumberOrTruth = (value: PythonValue): boolean => ['bigint', 'number', 'boolean'].includes(typeof value)

function memberOf(value: PythonValue): Value {
  if (value === null) return unset
  if (isObject(value)) return protoValue('mapVal', mapOf(value))
  if (isList(value) && isObject(value[0])) return protoValue('mapListVal', mapListOf(value))
  // Python asks an array of texts whether it is true, which numpy refuses for more than one.
  const isAmbiguous = isArrowList(value) && isList(value) && value.length > 1 && !value.every(isNumberOrTruth)
  if (isAmbiguous) throw mistyped(`A list of texts within an object of a frame has one element at most.`)
  return protoValues([value], null)[0] ?? unset
}

function mapListOf(value: PythonValue): unknown {
  if (isArrowList(value)) throw mistyped('A list of objects in a frame must be JSON text.')
  const list = typeof value === 'string' ? jsonIn(value) : value
  if (!isList(list)) throw mistyped(`${shown(value)} is no list of objects.`)
  const val = list.map((element) => {
    if (!isObject(element)) throw mistyped(`${shown(element)} is no object.`)
    return mapOf(element)
  })
  return create(MapListSchema, { val: val as never })
}

function jsonText(value: PythonValue): string {
  if (typeof value !== 'string') {
    const isDumped = isObject(value) || typeof value === 'number'
    if (!isDumped || holdsArrowList(value)) throw mistyped(`${shown(value)} must be JSON text.`)
    return dumpedJson(value)
  }
  jsonIn(value)
  return value
}

function holdsArrowList(value: PythonValue): boolean {
  return isArrowList(value) || (isObject(value) && [...value.values()].some(holdsArrowList))
}

/** A list or set of scalars on the wire: what an element may be in the first one that has any, and what null becomes. */
interface Elements {
  readonly case: CaseName
  readonly takes: (element: PythonValue) => boolean
  readonly ofNull: unknown
  readonly convert: (element: PythonValue) => unknown
}

const isText = (value: PythonValue): boolean => typeof value === 'string'
const isWhole = (value: PythonValue): boolean => typeof value === 'bigint'
const isFloat = (value: PythonValue): boolean => typeof value === 'number'

function strictInt(bits: 32 | 64): (value: PythonValue) => unknown {
  return (value) => {
    if (typeof value !== 'bigint') throw mistyped(`${shown(value)} is no integer.`)
    const whole = pythonInt(value, bits)
    return bits === 32 ? Number(whole) : whole
  }
}

function strictFloat(value: PythonValue): number {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw mistyped(`${shown(value)} is no number.`)
  return Number(value)
}

function strictText(value: PythonValue): string {
  return typeof value === 'string' ? value : pythonText(value as Atom)
}

const lists = {
  int32: { takes: isWhole, ofNull: 0, convert: strictInt(32) },
  int64: { takes: isWhole, ofNull: 0n, convert: strictInt(64) },
  float32: { takes: isFloat, ofNull: 0, convert: (value: PythonValue) => Math.fround(strictFloat(value)) },
  float64: { takes: isFloat, ofNull: 0, convert: strictFloat },
  string: { takes: isText, ofNull: '', convert: strictText },
  bool: { takes: (value: PythonValue) => typeof value === 'boolean', ofNull: false, convert: Boolean },
  bytes: { takes: bytesOnly, ofNull: new Uint8Array(), convert: (value: PythonValue): unknown => value },
  unixTimestamp: {
    takes: isWhole,
    ofNull: missingTimeSeconds,
    convert: (value: PythonValue) => (value === null ? missingTimeSeconds : secondsOf(value as Atom)),
  },
  uuid: { takes: isText, ofNull: '', convert: strictText },
  timeUuid: { takes: isText, ofNull: '', convert: strictText },
  decimal: { takes: isText, ofNull: '', convert: strictText },
} as const

const caseStems = {
  int32: 'int32',
  int64: 'int64',
  float32: 'float',
  float64: 'double',
  string: 'string',
  bool: 'bool',
  bytes: 'bytes',
  unixTimestamp: 'unixTimestamp',
  uuid: 'uuid',
  timeUuid: 'timeUuid',
  decimal: 'decimal',
} as const satisfies Readonly<Record<keyof typeof lists, string>>

function elementConverter(of: DataType, shape: 'list' | 'set'): Converter {
  if (of.kind === 'array' || of.kind === 'set') {
    return eachPresent((value) => protoValue(shape === 'list' ? 'listVal' : 'setVal', nestedOf(value)))
  }
  if (of.kind === 'struct') {
    return eachPresent((value) => protoValue('structListVal', mapListOf(isList(value) ? [...value] : value)))
  }
  if (of.name === 'map') return eachPresent((value) => protoValue('mapListVal', mapListOf(value)))
  if (of.name === 'json') {
    return eachPresent((value) => protoValue('jsonListVal', { val: elementsOf(value).map(jsonText) }))
  }
  if (!(of.name in lists)) throw mistyped(`Lists of ${of.name} cannot be given.`)
  const name = of.name as keyof typeof lists
  const elements: Elements = { ...lists[name], case: `${caseStems[name]}${shape === 'list' ? 'ListVal' : 'SetVal'}` }
  return (values) => {
    const sample = values.find((value) => saysSomething(value))
    for (const element of sample === undefined ? [] : elementsOf(sample)) {
      if (element !== null && !elements.takes(element)) throw mistyped(`${shown(element)} is no element of ${name}.`)
    }
    return values.map((value) =>
      value === null ? unset : protoValue(elements.case, { val: collected(value, elements, shape) }),
    )
  }
}

function collected(value: PythonValue, elements: Elements, shape: 'list' | 'set'): readonly unknown[] {
  const given = elementsOf(value)
  const distinct = shape === 'set' && isList(value) ? [...new Set(given)] : given
  return distinct.map((element) => (element === null ? elements.ofNull : elements.convert(element)))
}

/** The elements of a list; of a text, which Python iterates as well, its characters. */
function elementsOf(value: PythonValue): readonly PythonValue[] {
  if (isList(value)) return value
  if (typeof value === 'string') return [...value]
  if (isObject(value)) return [...value.keys()]
  throw mistyped(`${shown(value)} is no list.`)
}

function nestedOf(value: PythonValue): unknown {
  const val = elementsOf(value).map((inner) => {
    if (inner === null) return unset
    const elements = elementsOf(inner)
    if (elements.length === 0) return unset
    if (elements.some(isList)) return protoValue('listVal', nestedOf(elements))
    return protoValues([elements], null)[0] ?? unset
  })
  return create(RepeatedValueSchema, { val: [...val] })
}
