import { type FeastHttpAnswer, fastApiAnswer } from './feast-errors.ts'
import {
  compactJson,
  isList,
  isObject,
  NotJson,
  type PythonObject,
  type PythonValue,
  parsePythonJson,
} from './python-json.ts'

/** One fault of a request, as FastAPI lists it. */
interface Fault {
  readonly type: string
  readonly loc: readonly (string | number)[]
  readonly msg: string
  readonly input: PythonValue
}

/** What a field of a body may be: its value as it is taken, or its faults. */
type FieldRule = (value: PythonValue, loc: Fault['loc']) => { readonly value: PythonValue } | readonly Fault[]

interface BodyField {
  readonly rule: FieldRule
  /** Absent for a field that must be there. */
  readonly standard?: PythonValue
}

const messages = {
  string_type: 'Input should be a valid string',
  bool_type: 'Input should be a valid boolean',
  bool_parsing: 'Input should be a valid boolean, unable to interpret input',
  list_type: 'Input should be a valid list',
  dict_type: 'Input should be a valid dictionary',
  int_type: 'Input should be a valid integer',
  int_parsing: 'Input should be a valid integer, unable to parse string as an integer',
  int_from_float: 'Input should be a valid integer, got a number with a fractional part',
  float_type: 'Input should be a valid number',
  float_parsing: 'Input should be a valid number, unable to parse string as a number',
  missing: 'Field required',
  model_attributes_type: 'Input should be a valid dictionary or object to extract fields from',
} as const

function fault(type: keyof typeof messages, loc: Fault['loc'], input: PythonValue): readonly Fault[] {
  return [{ type, loc, msg: messages[type], input }]
}

const text: FieldRule = (value, loc) => (typeof value === 'string' ? { value } : fault('string_type', loc, value))

const spellings: ReadonlyMap<string, boolean> = new Map([
  ...['0', 'off', 'f', 'false', 'n', 'no'].map((spelling) => [spelling, false] as const),
  ...['1', 'on', 't', 'true', 'y', 'yes'].map((spelling) => [spelling, true] as const),
])

const truth: FieldRule = (value, loc) => {
  if (typeof value === 'boolean') return { value }
  if (typeof value === 'number' && !Number.isInteger(value)) return fault('bool_type', loc, value)
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
    return fault('bool_type', loc, value)
  }
  const known = spellings.get(String(value).toLowerCase())
  return known === undefined ? fault('bool_parsing', loc, value) : { value: known }
}

const whole: FieldRule = (value, loc) => {
  if (typeof value === 'bigint' || typeof value === 'boolean') return { value: BigInt(value) }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { value: BigInt(value) } : fault('int_from_float', loc, value)
  }
  if (typeof value !== 'string') return fault('int_type', loc, value)
  return /^\s*[+-]?\d+(\.0*)?\s*$/.test(value)
    ? { value: BigInt(Math.trunc(Number(value))) }
    : fault('int_parsing', loc, value)
}

const float: FieldRule = (value, loc) => {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return { value: Number(value) }
  }
  if (typeof value !== 'string') return fault('float_type', loc, value)
  const number = Number(value)
  return value.trim() === '' || Number.isNaN(number) ? fault('float_parsing', loc, value) : { value: number }
}

const anything: FieldRule = (value) => ({ value })
const object: FieldRule = (value, loc) => (isObject(value) ? { value } : fault('dict_type', loc, value))

function listOf(rule: FieldRule): FieldRule {
  return (value, loc) => {
    if (!isList(value)) return fault('list_type', loc, value)
    const results = value.map((element, index) => rule(element, [...loc, index]))
    const faults = results.flatMap((result) => ('value' in result ? [] : result))
    return faults.length > 0 ? faults : { value: results.map((result) => ('value' in result ? result.value : null)) }
  }
}

function objectOf(rule: FieldRule): FieldRule {
  return (value, loc) => {
    if (!isObject(value)) return fault('dict_type', loc, value)
    const faults = [...value].flatMap(([name, part]) => {
      const result = rule(part, [...loc, name])
      return 'value' in result ? [] : result
    })
    return faults.length > 0 ? faults : { value }
  }
}

function optional(rule: FieldRule): BodyField {
  return { rule: (value, loc) => (value === null ? { value } : rule(value, loc)), standard: null }
}

const flag = (standard: boolean): BodyField => ({ rule: truth, standard })

/** The bodies of Feast's requests: fields in the order in which their faults are listed. */
export const bodies = {
  getOnlineFeatures: {
    entities: { rule: objectOf(listOf(anything)) },
    feature_service: optional(text),
    features: { rule: listOf(text), standard: [] },
    full_feature_names: flag(false),
    include_feature_view_version_metadata: flag(false),
  },
  push: {
    push_source_name: { rule: text },
    df: { rule: object },
    allow_registry_cache: flag(true),
    to: { rule: text, standard: 'online' },
    transform_on_write: flag(true),
  },
  writeToOnlineStore: {
    feature_view_name: { rule: text },
    df: { rule: object },
    allow_registry_cache: flag(true),
    transform_on_write: flag(true),
  },
  materialize: {
    start_ts: optional(text),
    end_ts: optional(text),
    feature_views: optional(listOf(text)),
    disable_event_timestamp: flag(false),
    full_feature_names: flag(false),
    version: optional(text),
  },
  materializeIncremental: {
    end_ts: { rule: text },
    feature_views: optional(listOf(text)),
    full_feature_names: flag(false),
    version: optional(text),
  },
  search: {
    feature_service: optional(text),
    features: { rule: listOf(text), standard: [] },
    full_feature_names: flag(false),
    include_feature_view_version_metadata: flag(false),
    top_k: optional(whole),
    query: optional(listOf(float)),
    query_string: optional(text),
    distance_metric: optional(text),
    api_version: { rule: optional(whole).rule, standard: 1n },
  },
  searchVectorStore: {
    query: { rule: anything },
    max_num_results: { rule: optional(whole).rule, standard: 10n },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, BodyField>>>>

export type BodyName = keyof typeof bodies

/** A body that fits: every field is there, with its standard value if it was not sent. */
export type Body<Name extends BodyName> = { readonly [field in keyof (typeof bodies)[Name]]: PythonValue }

export interface RawRequest {
  readonly body: Uint8Array | null
  readonly contentType: string | undefined
  /** Query parameters that are truth values. */
  readonly query?: Readonly<Record<string, string | undefined>>
  /** The identifier in the path. */
  readonly id?: string | undefined
}

export type ReadBody<Name extends BodyName> =
  | { readonly body: Body<Name>; readonly query: Readonly<Record<string, boolean>> }
  | { readonly answer: FeastHttpAnswer }

/** Reads a request as FastAPI does, converting what can be: the body, or the answer that lists its faults. */
export function readBody<Name extends BodyName>(name: Name, request: RawRequest): ReadBody<Name> {
  const faults: Fault[] = []
  const query: Record<string, boolean> = {}
  for (const [parameter, given] of Object.entries(request.query ?? {})) {
    const result = given === undefined ? { value: false } : truth(given, ['query', parameter])
    if ('value' in result) query[parameter] = result.value === true
    else faults.push(...result)
  }
  const json = sentJson(request)
  if ('answer' in json) return json
  const fields: Record<string, PythonValue> = {}
  if (json.value === undefined) faults.push(...fault('missing', ['body'], null))
  else if (!isObject(json.value)) faults.push(...fault('model_attributes_type', ['body'], json.value))
  else faults.push(...readFields(bodies[name], json.value, fields))
  if (faults.length > 0) return { answer: detailAnswer(faults) }
  return { body: fields as Body<Name>, query }
}

function readFields(
  rules: Readonly<Record<string, BodyField>>,
  sent: PythonObject,
  fields: Record<string, PythonValue>,
): readonly Fault[] {
  const faults: Fault[] = []
  for (const [field, { rule, standard }] of Object.entries(rules)) {
    const given = sent.get(field)
    if (given === undefined) {
      if (standard === undefined) faults.push(...fault('missing', ['body', field], sent))
      else fields[field] = standard
      continue
    }
    const result = rule(given, ['body', field])
    if ('value' in result) fields[field] = result.value
    else faults.push(...result)
  }
  return faults
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The JSON of a body; undefined when there is none. Under another content type a body is text. */
function sentJson(
  request: RawRequest,
): { readonly value: PythonValue | undefined } | { readonly answer: FeastHttpAnswer } {
  if (request.body === null || request.body.length === 0) return { value: undefined }
  const mediaType = request.contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const isJson = /^application\/(json|[^/]+\+json)$/.test(mediaType)
  try {
    const sent = utf8.decode(request.body)
    return { value: isJson ? parsePythonJson(sent) : sent }
  } catch (error) {
    if (!(error instanceof NotJson)) return { answer: fastApiAnswer(400) }
    const ctx = { error: error.message }
    const detail = { type: 'json_invalid', loc: ['body', error.position], msg: 'JSON decode error', input: {}, ctx }
    return { answer: { status: 422, body: JSON.stringify({ detail: [detail] }) } }
  }
}

function detailAnswer(faults: readonly Fault[]): FeastHttpAnswer {
  const listed = faults.map(({ type, loc, msg, input }) => {
    return `{"type":"${type}","loc":${JSON.stringify(loc)},"msg":${JSON.stringify(msg)},"input":${compactJson(input)}}`
  })
  return { status: 422, body: `{"detail":[${listed}]}` }
}
