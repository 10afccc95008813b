import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { openMemoryRegistryStore } from '../../src/registry/memory/memory-registry-store.ts'
import { apply } from '../../src/store/apply.ts'
import { plan } from '../../src/store/plan.ts'
import { RegistrySchema } from '../../src/wire/gen/feast/core/Registry_pb.ts'
import { registryFromBytes, registryToBytes } from '../../src/wire/registry.ts'
import { openContext, temporaryFolder } from './context.ts'
import { type ApplyContext, repository } from './parts.ts'
import { rides } from './rides.ts'

interface Golden {
  readonly steps: readonly { readonly step: string; readonly registry: JsonValue; readonly bytes: string }[]
}

const goldens = fileURLToPath(new URL('../goldens/apply/', import.meta.url))
const golden: Golden = JSON.parse(await readFile(join(goldens, 'apply.golden.json'), 'utf8'))

const definitionsOfStep = {
  first: rides({ team: 'rides', changed: false }),
  tags: rides({ team: 'fares', changed: false }),
  'schema and removal': rides({ team: 'fares', changed: true }),
} as const

async function repoWithData(): Promise<string> {
  const repoPath = await temporaryFolder()
  await cp(join(goldens, 'data'), join(repoPath, 'data'), { recursive: true })
  return repoPath
}

/**
 * A decoded registry without what differs from run to run, with lists in the order of names. Feast leaves the class of
 * a source out inside projections and push sources, and keeps the project's identifier only in some ways of applying.
 */
function comparable(registry: JsonValue, repoPath: string): JsonValue {
  const dropped = new Set([
    'created_timestamp',
    'last_updated_timestamp',
    'last_updated',
    'version_id',
    'feature_view_proto',
    'project_metadata',
    'data_source_class_type',
    'meta',
  ])
  const clean = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(clean).sort((a, b) => (name(a) < name(b) ? -1 : 1))
    if (typeof value === 'string') return value.replace(repoPath, '<repo>')
    if (value === null || typeof value !== 'object') return value
    const version = (value.meta as { current_version_number?: number } | undefined)?.current_version_number
    const entries = Object.entries(value).filter(([key]) => !dropped.has(key))
    return Object.fromEntries([
      ...entries.map(([key, each]): [string, JsonValue] => [key, clean(each)]),
      ...(version === undefined ? [] : [['current_version_number', version] as [string, JsonValue]]),
    ])
  }
  return clean(registry)
}

function name(value: JsonValue): string {
  return JSON.stringify(value, ['spec', 'name', 'feature_view_name', 'version_number', 'sqlite_table']) ?? ''
}

async function decoded(context: ApplyContext): Promise<JsonValue> {
  const bytes = registryToBytes(await context.contents())
  return comparable(
    toJson(RegistrySchema, fromBinary(RegistrySchema, bytes), { useProtoFieldName: true }),
    context.repoPath,
  )
}

test('step by step the registry holds what real Feast writes for the same repository', async () => {
  const context = await openContext({ repoPath: await repoWithData() })
  for (const step of golden.steps) {
    await apply(context, repository(...definitionsOfStep[step.step as keyof typeof definitionsOfStep]))
    expect(await decoded(context), step.step).toEqual(comparable(step.registry, context.repoPath))
  }
})

test('the repository that real Feast applied is unchanged for us, and nothing is written', async () => {
  for (const step of golden.steps) {
    const repoPath = await repoWithData()
    const contents = registryFromBytes(Buffer.from(step.bytes, 'base64'))
    const path = join(repoPath, 'data', 'online.db')
    const here = { ...contents, infrastructure: contents.infrastructure.map((each) => ({ ...each, location: path })) }
    const context = await openContext({ repoPath, registry: openMemoryRegistryStore(here) })
    const definitions = repository(...definitionsOfStep[step.step as keyof typeof definitionsOfStep])
    const made = await plan(context, definitions)
    expect(
      made.registry.filter((change) => change.change !== 'unchanged'),
      step.step,
    ).toEqual([])
    expect(
      made.infrastructure.filter((change) => change.change !== 'unchanged'),
      step.step,
    ).toEqual([])
    await apply(context, definitions)
    expect(await context.contents(), step.step).toBe(here)
  }
})
