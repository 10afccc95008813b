import { FeatureStoreError } from '../../../src/base/errors/feature-store-error.ts'
import {
  deserializeEntityKey,
  type EntityKeyValue,
  entityKeyPrefix,
  redisKey,
  serializeEntityKey,
} from '../../../src/types/entity-key.ts'
import { murmur3x64of128, murmur3x86of32 } from '../../../src/types/murmur3.ts'
import { valueFromProtoJson } from '../../../src/types/proto-json.ts'
import { type GoldenValue, type JsonObject, listOf, objectOf, plainJson, readGoldenJson } from '../golden-json.ts'
import { type Checks, canonical } from '../outcome.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fromHex = (text: GoldenValue | undefined): Uint8Array => Uint8Array.from(Buffer.from(String(text), 'hex'))
const utf8 = new TextEncoder()

/** Serialised entity keys, their prefixes, deserialisation and hashes. */
export async function judgeEntityKeys(checks: Checks, path: string): Promise<void> {
  const golden = objectOf(readGoldenJson(path))
  for (const item of listOf(golden.cases).map(objectOf)) judgeCase(checks, item)
  for (const item of listOf(golden.prefixes).map(objectOf)) judgePrefix(checks, item)
  for (const item of listOf(golden.deserialize_inputs).map(objectOf)) judgeInput(checks, item)
  for (const item of listOf(golden.hashes).map(objectOf)) judgeHash(checks, item)
}

const kinds: { readonly [kind: string]: EntityKeyValue['kind'] } = {
  string_val: 'string',
  bytes_val: 'bytes',
  int32_val: 'int32',
  int64_val: 'int64',
  unix_timestamp_val: 'unixTimestamp',
}

/** A recorded value as a key value; an error of ours for a kind that a key cannot hold. */
function keyValue(json: GoldenValue): EntityKeyValue {
  const [[name = '', content] = []] = Object.entries(objectOf(json))
  const kind = kinds[name]
  if (kind === undefined) throw new FeatureStoreError('FTS5083', { message: `${name} cannot be part of a key.` })
  if (kind === 'unixTimestamp') return { kind, value: BigInt(String(content)) }
  return { kind, value: valueFromProtoJson(plainJson(json)).value } as EntityKeyValue
}

/** Runs a check whose recorded result may be `{"error": …}`, which asks for a refusal. */
function judgeResult(checks: Checks, step: string, expected: GoldenValue | undefined, run: () => unknown): void {
  const refused = objectOf(expected).error
  try {
    const actual = run()
    if (refused !== undefined) checks.fail(step, `a refusal (${String(refused)})`, actual)
    else checks.equal(step, actual, expected)
  } catch (error) {
    if (refused !== undefined && error instanceof FeatureStoreError) checks.pass()
    else checks.fail(step, expected, error)
  }
}

function judgeCase(checks: Checks, item: JsonObject): void {
  const joinKeys = listOf(item.join_keys).map(String)
  const label = `case ${String(item.id)}`
  for (const version of [2, 3] as const) {
    if (item[`v${version}_hex`] === undefined) continue
    const serialized = (): Uint8Array => serializeEntityKey(joinKeys, listOf(item.entity_values).map(keyValue), version)
    judgeResult(checks, `${label} v${version}`, item[`v${version}_hex`], () => hex(serialized()))
    const id = item[`v${version}_entity_id_mmh3_128_hex`]
    if (id !== undefined)
      judgeResult(checks, `${label} v${version} entity id`, id, () => hex(murmur3x64of128(serialized())))
    if (version === 2) continue
    if (item.redis_key_hex !== undefined) {
      const redis = (): string => hex(redisKey(serialized(), String(item.redis_key_project)))
      judgeResult(checks, `${label} Redis key`, item.redis_key_hex, redis)
    }
    if (item.v3_deserialized !== undefined) {
      judgeResult(checks, `${label} deserialized`, item.v3_deserialized, () => deserialized(fromHex(item.v3_hex)))
    }
  }
}

/** A key in the recorded form: values as protobuf's JSON. */
function deserialized(bytes: Uint8Array): unknown {
  const { joinKeys, values } = deserializeEntityKey(bytes)
  const names = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [kind, name]))
  const json = values.map(({ kind, value }) => {
    const plain = value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
    return { [names[kind] ?? kind]: typeof plain === 'bigint' ? plain.toString() : plain }
  })
  return { join_keys: joinKeys, entity_values: json }
}

function judgePrefix(checks: Checks, item: JsonObject): void {
  const joinKeys = listOf(item.join_keys).map(String)
  const label = `prefix of ${canonical(joinKeys)}`
  for (const version of [2, 3] as const) {
    const expected = item[`v${version}_prefix_hex`]
    if (expected === undefined) continue
    judgeResult(checks, `${label} v${version}`, expected, () => hex(entityKeyPrefix(joinKeys, version)))
  }
}

function judgeInput(checks: Checks, item: JsonObject): void {
  const expected = objectOf(item.v3_result)
  const wanted =
    expected.error === undefined ? { join_keys: expected.join_keys, n_values: expected.n_values } : expected
  judgeResult(checks, `input ${String(item.input_hex)}`, wanted as GoldenValue, () => {
    const { joinKeys, values } = deserializeEntityKey(fromHex(item.input_hex))
    return { join_keys: joinKeys, n_values: values.length }
  })
}

function judgeHash(checks: Checks, item: JsonObject): void {
  const bytes = utf8.encode(String(item.input))
  const label = `hash of ${JSON.stringify(item.input)}`
  const field = new DataView(new ArrayBuffer(4))
  field.setUint32(0, murmur3x86of32(bytes), true)
  checks.equal(`${label} 32 bits`, murmur3x86of32(bytes), item.murmur3_x86_32_seed0_unsigned)
  checks.equal(`${label} Redis field`, hex(new Uint8Array(field.buffer)), item.redis_hash_field_hex)
  checks.equal(`${label} 128 bits`, hex(murmur3x64of128(bytes)), item.murmur3_x64_128_seed0_hex)
}
