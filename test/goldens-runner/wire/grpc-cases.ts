import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fromBinary, type JsonObject as ProtoJson, toJson } from '@bufbuild/protobuf'
import grpc from '@grpc/grpc-js'
import { startGrpcServer } from '../../../src/serve/grpc/grpc-server.ts'
import type { FeatureStore } from '../../../src/store/feature-store.ts'
import { GetOnlineFeaturesResponseSchema } from '../../../src/wire/gen/feast/serving/ServingService_pb.ts'
import { type JsonObject, listOf, objectOf, readGoldenJson } from '../golden-json.ts'
import type { Checks } from '../outcome.ts'
import { openServed, repositoryOf } from './served-repository.ts'
import { openRecordedStore } from './store-state.ts'

/**
 * Calls of Feast's gRPC server, sent to ours in the order of the file, over the store that they were recorded on. What was
 * recorded over SQLite is then asked for over Redis too, when its golden stands beside the file.
 */
export async function judgeGrpc(checks: Checks, path: string): Promise<void> {
  const golden = objectOf(readGoldenJson(path))
  const recordedOn = String(golden.online_store ?? 'sqlite')
  const repository = repositoryOf(path, golden)
  const cases = listOf(golden.cases).map(objectOf)
  if (recordedOn === 'sqlite') {
    await using served = await openServed(repository)
    await judgeCases(checks, served.store, cases, asRecorded)
    if (!existsSync(join(dirname(path), 'redis.json'))) return
  }
  const kind = recordedOn === 'sqlite' ? 'redis' : recordedOn
  await using state = await openRecordedStore(kind, path, repository)
  await using served = await openServed(repository, state.onlineStore)
  await judgeCases(checks, served.store, cases, kind === recordedOn ? asRecorded : asOverRedis)
}

/** How answers are compared. */
interface Comparison {
  /** What the names of checks begin with. */
  readonly label: string
  /** A column's text in the form that is compared. */
  readonly column: (text: string) => string
}

const asRecorded: Comparison = { label: '', column: (text) => text }

/** Redis keeps microseconds, which SQLite does not, and for Feast has every key. */
const asOverRedis: Comparison = {
  label: 'over Redis: ',
  column: (text) => text.replaceAll('"NOT_FOUND"', '"PRESENT"').replaceAll(/\.\d+Z"/g, 'Z"'),
}

async function judgeCases(
  checks: Checks,
  store: FeatureStore,
  cases: readonly JsonObject[],
  comparison: Comparison,
): Promise<void> {
  const server = await startGrpcServer({ store })
  const client = new grpc.Client(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure())
  try {
    for (const item of cases) {
      const label = `${comparison.label}${String(item.id)}`
      await checks.attempt(label, 'an answer', async () => {
        const method = String(item.method)
        const answer = await call(client, method, bytesOf(item.request_b64))
        const expected = item.code === 'OK' ? parts(method, bytesOf(item.response_b64), comparison) : {}
        const actual = answer.code === 'OK' ? parts(method, answer.bytes, comparison) : {}
        // Texts of errors may differ.
        checks.equal(label, { code: answer.code, ...actual }, { code: item.code, ...expected })
      })
    }
  } finally {
    client.close()
    await server.close()
  }
}

const bytesOf = (base64: unknown): Buffer => Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64')
const same = (bytes: Buffer): Buffer => bytes

function call(
  client: grpc.Client,
  method: string,
  request: Buffer,
): Promise<{ readonly code: string; readonly bytes: Buffer }> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(`/${method}`, same, same, request, (error, bytes = Buffer.alloc(0)) => {
      resolve({ code: grpc.status[error?.code ?? grpc.status.OK], bytes })
    })
  })
}

/** An answer in a form in which equal answers are equal: columns by name, as Feast's order of them is that of a set. */
function parts(method: string, bytes: Buffer, comparison: Comparison): object {
  if (!method.endsWith('/GetOnlineFeatures')) return { bytes }
  const message = fromBinary(GetOnlineFeaturesResponseSchema, bytes)
  const { results = [], metadata, ...rest } = toJson(GetOnlineFeaturesResponseSchema, message) as ProtoJson
  const names = message.metadata?.featureNames?.val ?? []
  const columns = names.map((name, index): [string, unknown] => [name, (results as readonly unknown[])[index]])
  return {
    count: message.results.length,
    columns: new Map(columns.map(([name, column]) => [name, comparison.column(JSON.stringify(sorted(column)))])),
    views: (metadata as ProtoJson | undefined)?.featureViewMetadata ?? [],
    rest,
  }
}

/** Names of objects in order: those of maps come in any. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const entries = Object.entries(value).map(([name, part]) => [name, sorted(part)] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
