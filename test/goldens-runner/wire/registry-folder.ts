import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary, toJson } from '@bufbuild/protobuf'
import type { RegistryContents } from '../../../src/model/registry-contents.ts'
import { RegistrySchema } from '../../../src/wire/gen/feast/core/Registry_pb.ts'
import { registryFromBytes, registryToBytes } from '../../../src/wire/registry.ts'
import { type GoldenValue, objectOf, readGoldenJson } from '../golden-json.ts'
import { type Checks, canonical } from '../outcome.ts'

/** A registry file and what Feast decoded it to: `{counts, decoded, sha256, size, …}`. */
export async function judgeRegistryFolder(checks: Checks, folder: string): Promise<void> {
  const bytes = new Uint8Array(readFileSync(join(folder, 'registry.db')))
  const golden = objectOf(readGoldenJson(join(folder, 'registry.json')))
  if (golden.size !== undefined) checks.equal('size', bytes.length, golden.size)
  if (golden.sha256 !== undefined)
    checks.equal('sha256', createHash('sha256').update(bytes).digest('hex'), golden.sha256)
  judgeRegistry(checks, bytes, golden.decoded ?? null)
  const contents = registryFromBytes(bytes)
  for (const [list, count] of Object.entries(objectOf(golden.counts))) {
    const ours = contents[camel(list) as keyof RegistryContents] as readonly unknown[] | undefined
    // Feature tables are gone since Feast 0.30; the model does not show them.
    checks.equal(`number of ${list}`, list === 'feature_tables' ? 0 : (ours?.length ?? 'no such list'), count)
  }
}

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Reads a registry into the model and writes it again, as it is and after every object was edited and edited back. */
export function judgeRegistry(checks: Checks, bytes: Uint8Array, decoded: GoldenValue): void {
  judgeMessage(checks, 'decoded', bytes, decoded)
  judgeMessage(checks, 'through the model', registryToBytes(registryFromBytes(bytes)), decoded)
  judgeMessage(checks, 'after an edit and back', registryToBytes(editedAndBack(bytes)), decoded)
}

/** Every object differs from what was stored when it is written first, so that it is made from the model. */
function editedAndBack(bytes: Uint8Array): RegistryContents {
  const contents = registryFromBytes(bytes)
  const edit = (registry: RegistryContents, change: (text: string) => string): RegistryContents =>
    Object.fromEntries(
      Reflect.ownKeys(registry).map((key) => {
        const value: unknown = registry[key as keyof RegistryContents]
        return [
          key,
          typeof key === 'string' && Array.isArray(value) ? value.map((each) => edited(each, change)) : value,
        ]
      }),
    ) as unknown as RegistryContents
  const changed = registryFromBytes(registryToBytes(edit(contents, (text) => `${text} (edited)`)))
  return edit(changed, (text) => text.replace(/ \(edited\)$/, ''))
}

function edited(object: unknown, change: (text: string) => string): unknown {
  if (typeof object !== 'object' || object === null || !('kind' in object) || !('description' in object)) return object
  return { ...object, description: change(String(object.description)) }
}

/** Compares the messages list by list, so that a failure says where. */
function judgeMessage(checks: Checks, step: string, bytes: Uint8Array, expected: GoldenValue): void {
  const json = toJson(RegistrySchema, fromBinary(RegistrySchema, bytes), { useProtoFieldName: true })
  const [actual, wanted] = [objectOf(json as GoldenValue), objectOf(expected)]
  for (const name of new Set([...Object.keys(actual), ...Object.keys(wanted)])) {
    checks.equal(`${step}: ${name}`, withCanonicalOrder(actual[name]), withCanonicalOrder(wanted[name]))
  }
}

/** Empty lists, which Feast's printer shows for some fields and ours does not, say nothing. */
function withCanonicalOrder(value: GoldenValue | undefined): unknown {
  return canonical(value) === '[]' ? null : value
}
