import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { floorDivide } from '../../base/instant.ts'
import { FeatureStore } from '../../store/feature-store.ts'
import type { StoreContext } from '../../store/store-context.ts'
import {
  PushRequestSchema,
  PushResponseSchema,
  WriteToOnlineStoreRequestSchema,
  WriteToOnlineStoreResponseSchema,
} from '../../wire/gen/feast/serving/GrpcServer_pb.ts'
import {
  FieldStatus,
  GetOnlineFeaturesRequestSchema,
  GetOnlineFeaturesResponseSchema,
} from '../../wire/gen/feast/serving/ServingService_pb.ts'
import type { Value } from '../../wire/gen/feast/types/Value_pb.ts'
import { type FeastCall, feastGrpcAnswer, plainError } from '../feast-answers/feast-errors.ts'
import type { FeastFrame } from '../feast-answers/feast-frame.ts'
import { type FeastColumn, readAsFeast } from '../feast-answers/feast-read.ts'
import { findView } from '../feast-answers/feast-read-plan.ts'
import { fedViews, historyRows, pushTarget, writeFrame } from '../feast-answers/feast-writes.ts'
import { codedError } from '../http/http-answer.ts'
import { pushRows } from '../push-rows.ts'
import type { ServingContext } from '../serving-context.ts'
import { type GrpcAnswer, StatusError } from './grpc-errors.ts'
import type { GrpcService, UnaryMethod } from './grpc-method.ts'
import { pythonValue } from './python-of-value.ts'

const name = 'GrpcFeatureServer'

/** `GrpcFeatureServer` with the answers of Feast's own, its faults included: for `compatibility: feast`. */
export function feastFeatureServer(serving: ServingContext): GrpcService {
  const context = FeatureStore.contextOf(serving.store)
  const { gate } = serving
  const method = (call: FeastCall, answer: UnaryMethod['answer']): UnaryMethod => {
    return { path: `/${name}/${call}`, answer, ending: (error) => ending(error, call) }
  }
  return {
    name,
    unary: [
      method('GetOnlineFeatures', (request) => gate.run((signal) => getOnlineFeatures(context, request, signal))),
      method('Push', (request) => gate.runLong(() => push(context, serving, request))),
      method('WriteToOnlineStore', (request) => gate.runLong(() => writeToOnlineStore(context, serving, request))),
    ],
    streams: [],
  }
}

function ending(error: unknown, call: FeastCall): GrpcAnswer {
  if (error instanceof StatusError) return { code: error.code, details: error.message }
  return feastGrpcAnswer(codedError(error), call)
}

function readMessage<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes)
  } catch {
    throw new StatusError('INTERNAL', 'Exception deserializing request!')
  }
}

async function getOnlineFeatures(context: StoreContext, bytes: Buffer, signal: AbortSignal): Promise<Buffer> {
  const request = readMessage(GetOnlineFeaturesRequestSchema, bytes)
  const { kind, fullFeatureNames } = request
  const selection =
    kind.case === 'featureService'
      ? { service: kind.value }
      : { references: kind.case === 'features' ? kind.value.val : [] }
  const proto = new Map(Object.entries(request.entities).map(([column, { val }]) => [column, val]))
  const { columns } = await readAsFeast(context, { selection, entities: { proto }, fullFeatureNames }, signal)
  const answer = create(GetOnlineFeaturesResponseSchema, {
    // Feast's gRPC server does not look at the flag for versions.
    metadata: { featureNames: { val: columns.map((column) => column.name) } },
    results: columns.map(vectorOf),
  })
  return Buffer.from(toBinary(GetOnlineFeaturesResponseSchema, answer))
}

function vectorOf({ values, found, eventMicros }: FeastColumn) {
  return {
    values: [...values],
    statuses: found.map((isFound) => (isFound ? FieldStatus.PRESENT : FieldStatus.NOT_FOUND)),
    eventTimestamps: eventMicros.map((micros) => {
      const seconds = floorDivide(micros, 1_000_000n)
      return { seconds, nanos: Number(micros - seconds * 1_000_000n) * 1000 }
    }),
  }
}

async function push(context: StoreContext, serving: ServingContext, bytes: Buffer): Promise<Buffer> {
  const request = readMessage(PushRequestSchema, bytes)
  const source = request.streamFeatureView
  const frame = frameOf(request)
  const to = pushTarget(request.to)
  const contents = await (request.allowRegistryCache ? context.contents() : serving.store.refreshRegistry())
  const views = fedViews(contents, context.project, source)
  if (to !== 'offline') for (const view of views) await writeFrame(context, view, frame)
  const [view] = views
  serving.metrics.pushed(source, request.to)
  if (to !== 'online' && view !== undefined) {
    await pushRows(serving, { source, rows: historyRows(view, frame), to: 'offline', signal: undefined })
  }
  return Buffer.from(toBinary(PushResponseSchema, create(PushResponseSchema, { status: true })))
}

async function writeToOnlineStore(context: StoreContext, serving: ServingContext, bytes: Buffer): Promise<Buffer> {
  const request = readMessage(WriteToOnlineStoreRequestSchema, bytes)
  const frame = frameOf(request)
  const contents = await (request.allowRegistryCache ? context.contents() : serving.store.refreshRegistry())
  const view = findView(contents, context.project, request.featureViewName)
  if (view === undefined || view.kind === 'labelView') throw plainError('FTS3104', `'${request.featureViewName}'`)
  await writeFrame(context, view, frame)
  const answer = create(WriteToOnlineStoreResponseSchema, { status: true })
  return Buffer.from(toBinary(WriteToOnlineStoreResponseSchema, answer))
}

/** One row: texts, or values as Python sees them. @throws INVALID_ARGUMENT for both. */
function frameOf({
  features,
  typedFeatures,
}: {
  readonly features: Readonly<Record<string, string>>
  readonly typedFeatures: Readonly<Record<string, Value>>
}): FeastFrame {
  const texts = Object.entries(features)
  const typed = Object.entries(typedFeatures)
  if (texts.length > 0 && typed.length > 0) {
    throw new StatusError('INVALID_ARGUMENT', 'Only one of features or typed_features may be set, not both')
  }
  return new Map([
    ...texts.map(([column, text]) => [column, [text]] as const),
    ...typed.map(([column, value]) => [column, [pythonValue(value)]] as const),
  ])
}
