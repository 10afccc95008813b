import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { RegistryContents } from '../../model/registry-contents.ts'
import { getAnyFeatureView } from '../../registry/lookup.ts'
import { type PushTarget, viewsFedBy } from '../../store/push.ts'
import { writtenColumns } from '../../store/written-columns.ts'
import { pushRows } from '../push-rows.ts'
import type { ServingContext } from '../serving-context.ts'
import { pushTargets } from '../write-request.ts'
import type { GrpcService } from './grpc-method.ts'
import { getOnlineFeatures } from './online-features.ts'
import { pushRequest, type RowCall, readRowCall, refuseBoth, rowOf, writeRequest } from './pushed-row.ts'

const name = 'GrpcFeatureServer'

/** What Feast's `feast listen` serves; the service has no package. */
export function featureServer(context: ServingContext): GrpcService {
  return {
    name,
    unary: [
      getOnlineFeatures(context, `/${name}/GetOnlineFeatures`),
      { path: `/${name}/Push`, answer: (request) => push(context, request) },
      { path: `/${name}/WriteToOnlineStore`, answer: (request) => writeToOnlineStore(context, request) },
    ],
    streams: [],
  }
}

async function push(context: ServingContext, request: Buffer): Promise<Buffer> {
  const { store, gate, metrics } = context
  const call = readRowCall(request, pushRequest)
  refuseBoth(call)
  const to = targetOf(call)
  const work = async (signal?: AbortSignal): Promise<void> => {
    const contents = await contentsFor(store, call)
    const views = viewsFedBy(contents, store.project, call.name)
    const row = rowOf(call, writtenColumns(contents, store.project, views))
    await pushRows(context, { source: call.name, rows: [row], to, signal })
  }
  // An answer "too late" to a write that cannot be taken back would make a client write it twice.
  await (to === 'online' ? gate.run(work) : gate.runLong(work))
  metrics.pushed(call.name, call.to)
  return done
}

function targetOf({ to }: RowCall): PushTarget {
  const target = pushTargets.get(to)
  if (target !== undefined) return target
  throw new FeatureStoreError('FTS7002', {
    message: to === '' ? '"to" of the request is missing.' : `"to" of the request is ${JSON.stringify(to)}.`,
    field: 'to',
    notes: [`it is one of: ${[...pushTargets.keys()].join(', ')}`],
  })
}

function writeToOnlineStore({ store, gate }: ServingContext, request: Buffer): Promise<Buffer> {
  return gate.run(async (signal) => {
    const call = readRowCall(request, writeRequest)
    refuseBoth(call)
    const contents = await contentsFor(store, call)
    const view = getAnyFeatureView(contents, store.project, call.name)
    const stored = view.kind === 'featureView' || view.kind === 'streamFeatureView' ? [view] : []
    const row = rowOf(call, writtenColumns(contents, store.project, stored))
    await store.writeToOnlineStore({ view: call.name, rows: [row], signal })
    return done
  })
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
