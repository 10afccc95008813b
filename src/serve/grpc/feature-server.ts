import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { compatibilityRules } from '../../config/compatibility.ts'
import type { StoredFeatureView } from '../../model/feature-view.ts'
import type { RegistryContents } from '../../model/registry-contents.ts'
import { getAnyFeatureView } from '../../registry/lookup.ts'
import { type PushTarget, viewsFedBy } from '../../store/push.ts'
import { writtenColumns } from '../../store/written-columns.ts'
import type { ServingContext } from '../serving-context.ts'
import type { GrpcService } from './grpc-method.ts'
import { getOnlineFeatures } from './online-features.ts'
import { pushRequest, type RowCall, readRowCall, rowOf, writeRequest } from './pushed-row.ts'

const name = 'GrpcFeatureServer'

/** What Feast's `feast listen` serves; the service has no package. */
export function featureServer(context: ServingContext): GrpcService {
  return {
    name,
    unary: [
      {
        path: `/${name}/GetOnlineFeatures`,
        limited: true,
        answer: (request, signal) => getOnlineFeatures(context, request, signal),
      },
      { path: `/${name}/Push`, limited: true, answer: (request, signal) => push(context, request, signal) },
      {
        path: `/${name}/WriteToOnlineStore`,
        limited: true,
        answer: (request, signal) => writeToOnlineStore(context, request, signal),
      },
    ],
    streams: [],
  }
}

const targets: Readonly<Record<string, PushTarget>> = {
  online: 'online',
  offline: 'offline',
  online_and_offline: 'onlineAndOffline',
}

async function push({ store }: ServingContext, request: Buffer, signal: AbortSignal): Promise<Buffer> {
  const call = readRowCall(request, pushRequest)
  const contents = await contentsFor(store, call)
  const views = viewsFedBy(contents, store.project, call.name)
  const row = rowOf(call, writtenColumns(contents, store.project, views), compatibilityRules(store.config))
  await store.push({ source: call.name, rows: [row], to: targetOf(call), signal })
  return done
}

function targetOf({ to }: RowCall): PushTarget {
  const target = Object.hasOwn(targets, to) ? targets[to] : undefined
  if (target !== undefined) return target
  throw new FeatureStoreError('FTS7002', {
    message: to === '' ? '"to" of the request is missing.' : `"to" of the request is ${JSON.stringify(to)}.`,
    field: 'to',
    notes: [`it is one of: ${Object.keys(targets).join(', ')}`],
  })
}

async function writeToOnlineStore({ store }: ServingContext, request: Buffer, signal: AbortSignal): Promise<Buffer> {
  const call = readRowCall(request, writeRequest)
  const contents = await contentsFor(store, call)
  const view = getAnyFeatureView(contents, store.project, call.name)
  const stored: readonly StoredFeatureView[] =
    view.kind === 'featureView' || view.kind === 'streamFeatureView' ? [view] : []
  const row = rowOf(call, writtenColumns(contents, store.project, stored), compatibilityRules(store.config))
  await store.writeToOnlineStore({ view: call.name, rows: [row], signal })
  return done
}

/** The registry as it is, or as it was read last where the client does not mind. */
function contentsFor(store: ServingContext['store'], call: RowCall): Promise<RegistryContents> {
  return call.allowRegistryCache ? store.contents() : store.refreshRegistry()
}

/** `PushResponse` and `WriteToOnlineStoreResponse` with `status: true`. */
const done = Buffer.from(
  new BinaryWriter()
    .uint32(1 << 3)
    .bool(true)
    .finish(),
)
