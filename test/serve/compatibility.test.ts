import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { create, toBinary } from '@bufbuild/protobuf'
import grpc from '@grpc/grpc-js'
import { openStore } from 'feast-ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CompatibilityRule, compatibilityTable } from '../../src/config/compatibility.ts'
import { startGrpcServer } from '../../src/serve/grpc/grpc-server.ts'
import { startHttpServer } from '../../src/serve/http/http-server.ts'
import type { AccessEntry } from '../../src/serve/http/observe-requests.ts'
import { batchingSettings } from '../../src/serve/push-batching/batching-settings.ts'
import type { RunningServer } from '../../src/serve/serving-context.ts'
import { FeatureStore } from '../../src/store/feature-store.ts'
import { onlineTable } from '../../src/store/online-tables.ts'
import { serializeEntityKey } from '../../src/types/entity-key.ts'
import { PushRequestSchema } from '../../src/wire/gen/feast/serving/GrpcServer_pb.ts'
import { GetOnlineFeaturesRequestSchema } from '../../src/wire/gen/feast/serving/ServingService_pb.ts'
import { type Value, ValueSchema } from '../../src/wire/gen/feast/types/Value_pb.ts'
import { openServed, type ServedRepository } from '../goldens-runner/wire/served-repository.ts'
import { TestClient } from '../grpc/test-client.ts'

const repository = fileURLToPath(new URL('../goldens/wire/sqlite/all_types', import.meta.url))

/** What a request brings: its status, the body, and of features the columns by name. */
interface Answer {
  readonly status: number
  readonly body: unknown
  readonly columns: Readonly<Record<string, { readonly values: unknown[]; readonly statuses: string[] }>>
}

interface Served extends ServedRepository {
  readonly http: RunningServer
  readonly grpc: RunningServer
  /** Requests over HTTP. */
  readonly logged: readonly AccessEntry[]
}

const served: { ours?: Served; feast?: Served } = {}
type Side = keyof typeof served

async function serve(compatibility: 'feast' | null): Promise<Served> {
  const opened = await openServed(repository, undefined, compatibility)
  const logged: AccessEntry[] = []
  const [http, calls] = await Promise.all([
    startHttpServer({ store: opened.store, accessLog: (entry) => logged.push(entry) }),
    startGrpcServer({ store: opened.store }),
  ])
  return { ...opened, http, grpc: calls, logged }
}

const port = (side: Side, kind: 'http' | 'grpc'): number => served[side]?.[kind].port ?? 0

async function post(side: Side, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port(side, 'http')}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const json = text === '' ? null : JSON.parse(text)
  const names: string[] = json?.metadata?.feature_names ?? []
  const columns = Object.fromEntries(names.map((name, index) => [name, json.results[index]]))
  return { status: response.status, body: json, columns }
}

const read = (side: Side, features: string[] | string, entities: object, more = {}): Promise<Answer> =>
  post(side, '/get-online-features', {
    ...(typeof features === 'string' ? { feature_service: features } : { features }),
    entities,
    ...more,
  })

const newUser = (() => {
  let last = 50_000
  return () => last++
})()

interface PushedRow {
  readonly user_id: number
  readonly event_timestamp: unknown
  readonly p_count?: unknown
}

const push = (side: Side, rows: readonly PushedRow[], df = {}): Promise<Answer> =>
  post(side, '/push', {
    push_source_name: 'user_push',
    df: {
      user_id: rows.map((row) => row.user_id),
      event_timestamp: rows.map((row) => row.event_timestamp),
      created: rows.map(() => '2024-06-01T00:00:00Z'),
      p_count: rows.map((row) => row.p_count ?? 1),
      p_name: rows.map(() => 'n'),
      p_vec: rows.map(() => [1.5]),
      ...df,
    },
  })

function call(side: Side, method: string, request = Buffer.alloc(0)): Promise<string> {
  const client = new grpc.Client(`127.0.0.1:${port(side, 'grpc')}`, grpc.credentials.createInsecure())
  const same = (bytes: Buffer): Buffer => bytes
  return new Promise((resolve) => {
    client.makeUnaryRequest(method, same, same, request, (error) => {
      client.close()
      resolve(grpc.status[error?.code ?? grpc.status.OK] ?? '')
    })
  })
}

function callRead(side: Side, reference: string, entities: Readonly<Record<string, Value['val']>>): Promise<string> {
  const request = create(GetOnlineFeaturesRequestSchema, {
    kind: { case: 'features', value: { val: [reference] } },
    entities: Object.fromEntries(Object.entries(entities).map(([name, val]) => [name, { val: [{ val }] }])),
  })
  const bytes = Buffer.from(toBinary(GetOnlineFeaturesRequestSchema, request))
  return call(side, '/GrpcFeatureServer/GetOnlineFeatures', bytes)
}

const statuses = async (answer: Promise<Answer>, name: string): Promise<unknown> =>
  (await answer).columns[name]?.statuses
const values = async (answer: Promise<Answer>, name: string): Promise<unknown> => (await answer).columns[name]?.values
const status = async (answer: Promise<Answer>): Promise<number> => (await answer).status

/** Stores the bytes that Feast writes for a missing time. */
async function storeMissingTime(side: Side, user: number): Promise<void> {
  const store = storeOf(side)
  const online = await FeatureStore.contextOf(store).onlineStore()
  const table = onlineTable(await store.getFeatureView('scalars'), store.project, false)
  const missing = toBinary(ValueSchema, create(ValueSchema, { val: { case: 'unixTimestampVal', value: -(1n << 63n) } }))
  await online.write({
    table: { ...table, features: table.features.filter((field) => field.name === 'f_ts') },
    entityKeys: [serializeEntityKey(['user_id'], [{ kind: 'int64', value: BigInt(user) }], 3)],
    values: [[missing]],
    eventMicros: [1_717_200_000_000_000n],
    createdMicros: [null],
  })
}

function storeOf(side: Side): FeatureStore {
  const store = served[side]?.store
  if (store === undefined) throw new Error('the servers are not there yet')
  return store
}

/** The same question to both servers, and the two answers. */
interface Shown {
  readonly ask: (side: Side) => Promise<unknown>
  readonly ours: unknown
  readonly feast: unknown
}

const oneUser = { user_id: [1001] }
const noRequestValues = { user_id: [1001], factor: [2], suffix: ['!'] }

/** Every rule of the table by a question that shows it. */
const rules: Readonly<Record<CompatibilityRule, Shown>> = {
  ttlIsIgnored: {
    ask: (side) => statuses(read(side, ['expired:old_value'], oneUser), 'old_value'),
    ours: ['OUTSIDE_MAX_AGE'],
    feast: ['PRESENT'],
  },
  nullsArePresent: {
    ask: (side) => statuses(read(side, ['scalars:f_string'], { user_id: [1003] }), 'f_string'),
    ours: ['NULL_VALUE'],
    feast: ['PRESENT'],
  },
  missingIsAsTheStoreSays: {
    // The golden of Redis has the other answer.
    ask: (side) => statuses(read(side, ['scalars:f_string'], { user_id: [424242] }), 'f_string'),
    ours: ['NOT_FOUND'],
    feast: ['NOT_FOUND'],
  },
  valuesAreAsStored: {
    ask: async (side) => {
      const user_id = newUser()
      await storeMissingTime(side, user_id)
      return values(read(side, ['scalars:f_ts'], { user_id: [user_id] }), 'f_ts')
    },
    ours: [null],
    feast: [-(2 ** 63)],
  },
  partialKeysAreRead: {
    ask: (side) => status(read(side, ['user_item:score'], oneUser)),
    ours: 400,
    feast: 200,
  },
  everyKnownKeyIsAnswered: {
    ask: async (side) => Object.keys((await read(side, ['scalars:f_int64'], { ...oneUser, shop_no: [1] })).columns),
    ours: ['user_id', 'f_int64'],
    feast: ['user_id', 'shop_no', 'f_int64'],
  },
  entityNamesAreKeys: {
    ask: (side) => status(read(side, ['scalars:f_int64'], { user: [1001] })),
    ours: 400,
    feast: 200,
  },
  entityValuesAreConverted: {
    ask: (side) => status(read(side, ['scalars:f_int64'], { user_id: [1001.5] })),
    ours: 400,
    feast: 200,
  },
  requestValuesAreGuessed: {
    ask: (side) => status(read(side, ['od_pandas:od_mul'], { ...noRequestValues, factor: [2.5] })),
    ours: 400,
    feast: 200,
  },
  requestValuesAreNotAnswered: {
    ask: async (side) => Object.keys((await read(side, ['od_pandas:od_mul'], noRequestValues)).columns),
    ours: ['user_id', 'factor', 'suffix', 'od_mul'],
    feast: ['user_id', 'od_mul'],
  },
  singletonsAnswerOnce: {
    ask: (side) => values(read(side, ['od_single:single_sq'], { user_id: [1001, 1001] }), 'single_sq'),
    ours: [1, 1],
    feast: [1],
  },
  pythonOutputsHaveNoFullNames: {
    ask: async (side) =>
      Object.keys((await read(side, ['od_single:single_sq'], oneUser, { full_feature_names: true })).columns),
    ours: ['user_id', 'od_single__single_sq'],
    feast: ['user_id'],
  },
  emptyEntitiesFail: {
    ask: (side) => status(read(side, ['global_stats:rate'], {})),
    ours: 400,
    feast: 500,
  },
  busyViewsFail: {
    ask: async (side) => {
      await storeOf(side).setViewState('lists', 'MATERIALIZING')
      const answer = await status(read(side, ['lists:l_int64'], oneUser))
      await storeOf(side).setViewState('lists', 'AVAILABLE_ONLINE')
      return answer
    },
    ours: 200,
    feast: 500,
  },
  bareViewNamesFail: {
    ask: (side) => status(read(side, ['expired'], oneUser)),
    ours: 200,
    feast: 500,
  },
  laterWritesReplaceNewerEvents: {
    ask: async (side) => {
      const user_id = newUser()
      await push(side, [{ user_id, event_timestamp: '2024-06-02T00:00:00Z', p_count: 2 }])
      await push(side, [{ user_id, event_timestamp: '2024-06-01T00:00:00Z', p_count: 1 }])
      return values(read(side, ['pushed:p_count'], { user_id: [user_id] }), 'p_count')
    },
    ours: [2],
    feast: [1],
  },
  numbersAreNanoseconds: {
    ask: (side) => status(push(side, [{ user_id: newUser(), event_timestamp: 1_717_200_000 }])),
    ours: 422,
    feast: 200,
  },
  framesAreConverted: {
    ask: (side) =>
      status(push(side, [{ user_id: newUser(), event_timestamp: '2024-06-01', p_count: '12' }], { p_name: 'same' })),
    ours: 422,
    feast: 200,
  },
  mixedTimesFail: {
    ask: (side) =>
      status(
        push(side, [
          { user_id: newUser(), event_timestamp: '2024-06-01T00:00:00Z' },
          { user_id: newUser(), event_timestamp: '2024-06-01 00:00:00' },
        ]),
      ),
    ours: 200,
    feast: 500,
  },
  batchingNeedsBothNumbers: {
    ask: async (side) => {
      const featureServer = { offline_push_batching_enabled: true, offline_push_batching_batch_size: 10 }
      return batchingSettings({ ...storeOf(side).config, featureServer }, '/nowhere')?.intervalSeconds ?? 'off'
    },
    ours: 30,
    feast: 'off',
  },
  errorsAreOfFeast: {
    ask: async (side) => typeof (await read(side, ['nope:x'], oneUser)).body,
    ours: 'object',
    feast: 'string',
  },
  faultsAre500: {
    ask: (side) => status(read(side, ['scalars:nope'], oneUser)),
    ours: 404,
    feast: 500,
  },
  bodiesAreConverted: {
    ask: (side) => status(read(side, ['scalars:f_int64'], oneUser, { full_feature_names: 'true' })),
    ours: 422,
    feast: 200,
  },
  faultsAreUnknown: {
    ask: (side) => call(side, '/GrpcFeatureServer/GetOnlineFeatures'),
    ours: 'INVALID_ARGUMENT',
    feast: 'UNKNOWN',
  },
  sentValuesAreKept: {
    ask: (side) => callRead(side, 'shop_stats:city', { shop_no: { case: 'stringVal', value: 'x' } }),
    ours: 'INVALID_ARGUMENT',
    feast: 'OK',
  },
  requestValuesFail: {
    ask: (side) =>
      callRead(side, 'od_pandas:od_mul', {
        user_id: { case: 'int64Val', value: 1001n },
        factor: { case: 'int64Val', value: 2n },
        suffix: { case: 'stringVal', value: '!' },
      }),
    ours: 'OK',
    feast: 'UNKNOWN',
  },
  textsHoldNoLists: {
    ask: (side) => {
      const time = '2024-06-01T00:00:00Z'
      const texts = { user_id: String(newUser()), event_timestamp: time, created: time, p_count: '1', p_name: 'n' }
      const features = { ...texts, p_vec: '[1.5]' }
      const request = create(PushRequestSchema, { features, streamFeatureView: 'user_push', to: 'online' })
      return call(side, '/GrpcFeatureServer/Push', Buffer.from(toBinary(PushRequestSchema, request)))
    },
    ours: 'OK',
    feast: 'INTERNAL',
  },
  onlyGrpcFeatureServer: {
    ask: (side) => call(side, '/feast.serving.ServingService/GetFeastServingInfo'),
    ours: 'OK',
    feast: 'UNIMPLEMENTED',
  },
}

beforeAll(async () => {
  const [ours, feast] = await Promise.all([serve(null), serve('feast')])
  Object.assign(served, { ours, feast })
})

afterAll(async () => {
  for (const each of Object.values(served)) {
    await Promise.all([each.http.close(), each.grpc.close()])
    await each[Symbol.asyncDispose]()
  }
})

describe('compatibility: feast turns back', () => {
  test.each(Object.keys(compatibilityTable) as CompatibilityRule[])('%s', async (rule) => {
    const { ask, ours, feast } = rules[rule]
    expect({ ours: await ask('ours'), feast: await ask('feast') }).toEqual({ ours, feast })
  })
})

test.each([null, 'feast'] as const)(
  'an answer does not say where the repository is: compatibility %s',
  async (mode) => {
    const folder = await mkdtemp(join(tmpdir(), 'serve-'))
    await writeFile(join(folder, 'registry.db'), 'this is no registry')
    const configuration = { project: 'p', provider: 'local', registry: 'registry.db', compatibility: mode }
    await using store = await openStore(configuration, { repoPath: folder })
    const [http, calls] = await Promise.all([startHttpServer({ store }), startGrpcServer({ store })])
    const body = JSON.stringify({ features: ['v:f'], entities: { id: [1] } })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${http.port}/get-online-features`, { method: 'POST', headers, body })
    const client = new TestClient(calls.port)
    const { details } = await client.failure('/GrpcFeatureServer/GetOnlineFeatures', Buffer.alloc(0))
    for (const text of [await answer.text(), details]) {
      expect(text).toContain('registry.db is not a whole Feast registry')
      expect(text).not.toContain(folder)
    }
    client.close()
    await Promise.all([http.close(), calls.close()])
    await rm(folder, { recursive: true })
  },
)

test.each(['ours', 'feast'] as const)('the access log has the code of a request that failed: %s', async (side) => {
  const { status } = await read(side, ['no_such_view:x'], { user_id: [1] })
  await expect.poll(() => served[side]?.logged.at(-1)).toMatchObject({ status, fault: { code: 'FTS3104' } })
})
