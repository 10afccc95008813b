import type * as Library from '@grpc/grpc-js'
import type { Server, sendUnaryData } from '@grpc/grpc-js'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { compatibilityRules } from '../../config/compatibility.ts'
import { file_feast_serving_GrpcServer } from '../../wire/gen/feast/serving/GrpcServer_pb.ts'
import { file_feast_serving_ServingService } from '../../wire/gen/feast/serving/ServingService_pb.ts'
import { file_grpc_health_v1_health } from '../../wire/gen/grpc/health/v1/health_pb.ts'
import { file_grpc_reflection_v1_reflection } from '../../wire/gen/grpc/reflection/v1/reflection_pb.ts'
import { file_grpc_reflection_v1alpha_reflection } from '../../wire/gen/grpc/reflection/v1alpha/reflection_pb.ts'
import { withoutFolder } from '../http/http-answer.ts'
import type { AccessLog } from '../http/observe-requests.ts'
import { cannotListen, readTlsFiles } from '../listening.ts'
import { readiness } from '../readiness.ts'
import { type RunningServer, type ServingContext, type ServingOptions, servingContext } from '../serving-context.ts'
import type { TlsFiles } from '../serving-settings.ts'
import { holdWriteServices } from '../write-services.ts'
import { featureServer } from './feature-server.ts'
import { describeIn, type GrpcAnswer, ownAnswer, StatusError } from './grpc-errors.ts'
import type { GrpcService, MessageStream, StreamMethod, UnaryCall, UnaryMethod } from './grpc-method.ts'
import { HealthService, healthServiceName } from './health-service.ts'
import { CallObserver } from './observe-calls.ts'
import { reflectionServiceNames, reflectionServices } from './reflection-service.ts'
import { servingService } from './serving-service.ts'

export interface GrpcServerOptions extends ServingOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** 0, the default, takes any free one. */
  readonly port?: number | undefined
  /** PEM files; null for plain text. */
  readonly tls?: TlsFiles | null | undefined
  /** Told of every call with one answer. */
  readonly accessLog?: AccessLog | null | undefined
}

/** What methods are registered with. */
interface Registration {
  readonly context: ServingContext
  readonly observer: CallObserver
}

/** How long calls may take to end when the server is closed, beyond the time that a request may take. */
const drainMillis = 2000

type Grpc = typeof Library

/**
 * Serves a feature store over gRPC until it is closed: `feast.serving.ServingService`, `GrpcFeatureServer`, health and
 * reflection; only what `feast listen` of Feast serves with `compatibility: feast`.
 * @throws FTS7008 when host and port cannot be had, FTS7009 for the files of a certificate.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningServer> {
  const grpc = await import('@grpc/grpc-js')
  // The library would write to stderr what is said by errors already.
  if (process.env.GRPC_VERBOSITY === undefined) grpc.setLogVerbosity(grpc.logVerbosity.NONE)
  const { host = '127.0.0.1', port = 0 } = options
  const context = servingContext(options)
  const { limits } = context.gate
  const server = new grpc.Server({
    'grpc.max_receive_message_length': limits.maxBodyBytes,
    'grpc.max_send_message_length': -1,
    'grpc.enable_channelz': 0,
  })
  const services = holdWriteServices(context)
  try {
    const observer = new CallObserver(context, options.accessLog ?? null)
    await observer.load()
    const health = await addServices(server, grpc, { context, observer })
    const bound = await bind(server, grpc, { host, port, tls: options.tls ?? null })
    return {
      address: host,
      port: bound,
      async close() {
        health.stop()
        await stop(server, limits.requestTimeoutSeconds * 1000 + drainMillis)
        await services.close()
      },
    }
  } catch (error) {
    await services.close()
    throw error
  }
}

async function addServices(server: Server, grpc: Grpc, registration: Registration): Promise<HealthService> {
  const { context } = registration
  const likeFeast = compatibilityRules(context.store.config).onlyGrpcFeatureServer
  const own = likeFeast
    ? [(await import('./feast-calls.ts')).feastFeatureServer(context)]
    : [servingService(context), featureServer(context)]
  const names = [...own.map(({ name }) => name), healthServiceName, ...reflectionServiceNames]
  // As over HTTP: the process lives, and its services are ready when registry and store answer.
  const lives = async (): Promise<boolean> => true
  const ready = async (): Promise<boolean> => (await readiness(context)).ready
  const ofFeatures = own.map((service): [string, typeof lives] => [service.name, ready])
  const health = new HealthService(new Map(likeFeast ? [['', lives]] : [['', lives], ...ofFeatures]))
  const files = [
    file_feast_serving_ServingService,
    file_feast_serving_GrpcServer,
    file_grpc_health_v1_health,
    file_grpc_reflection_v1_reflection,
    file_grpc_reflection_v1alpha_reflection,
  ]
  const services: readonly GrpcService[] = [...own, health, ...(likeFeast ? [] : reflectionServices(names, files))]
  for (const service of services) {
    for (const method of service.unary) registerUnary(server, grpc, registration, method)
    for (const method of service.streams) registerStream(server, grpc, registration, method)
  }
  return health
}

/** Messages cross the library as bytes; methods read and write them. */
const asBytes = (bytes: Buffer): Buffer => bytes

function registerUnary(server: Server, grpc: Grpc, registration: Registration, method: UnaryMethod): void {
  const { context, observer } = registration
  const observe = observer.method(method.path)
  const handle = (call: UnaryCall, callback: sendUnaryData<Buffer>): void => {
    const observed = observe(call.metadata)
    const work = (): void => {
      method.answer(call.request, observed.timings).then(
        (answer) => {
          callback(null, answer, observed.trailer(grpc))
          observed.end(grpc.status.OK)
        },
        (error: unknown) => {
          const end = failure(grpc, context, method, error, observed.trailer(grpc))
          callback(end)
          observed.end(end.code, error)
        },
      )
    }
    observed.within(work)
  }
  server.register(method.path, handle, asBytes, asBytes, 'unary')
}

function registerStream(server: Server, grpc: Grpc, { context }: Registration, method: StreamMethod): void {
  const handle = (call: MessageStream): void => {
    try {
      method.start(call, (error) => call.emit('error', failure(grpc, context, method, error)))
    } catch (error) {
      call.emit('error', failure(grpc, context, method, error))
    }
  }
  server.register(method.path, handle as never, asBytes, asBytes, method.kind)
}

/** The end of a call that failed. What the program does not expect is in the log, and not in the answer. */
function failure(
  grpc: Grpc,
  { logger, store }: ServingContext,
  { path, ending = ownAnswer }: Pick<UnaryMethod, 'path' | 'ending'>,
  error: unknown,
  trailer: InstanceType<Grpc['Metadata']> = new grpc.Metadata(),
): { readonly code: number; readonly details: string; readonly metadata: InstanceType<Grpc['Metadata']> } {
  const answer: GrpcAnswer = ending(error)
  const isExpected = error instanceof FeatureStoreError || error instanceof StatusError
  if (!isExpected || answer.code === 'INTERNAL') {
    const text = error instanceof Error && !isExpected ? (error.stack ?? error.message) : String(error)
    logger.error('A gRPC call failed in a way that the server does not expect.', { path, error: text })
  }
  return {
    code: grpc.status[answer.code],
    details: withoutFolder(answer.details, store.repoPath),
    metadata: describeIn(trailer, error),
  }
}

async function bind(
  server: Server,
  grpc: Grpc,
  { host, port, tls }: { readonly host: string; readonly port: number; readonly tls: TlsFiles | null },
): Promise<number> {
  const credentials =
    tls === null ? grpc.ServerCredentials.createInsecure() : await tlsCredentials(grpc, await readTlsFiles(tls))
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound)
      else reject(cannotListen(host, port, withCode(error)))
    })
  })
}

function tlsCredentials(
  grpc: Grpc,
  { key, cert }: { readonly key: Buffer; readonly cert: Buffer },
): InstanceType<Grpc['ServerCredentials']> {
  return grpc.ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: cert }])
}

/** The library gives the code of the system's error in its message only. */
function withCode(error: Error): Error {
  const code = /\bE[A-Z]{4,}\b/.exec(error.message)?.[0]
  return code === undefined ? error : Object.assign(error, { code })
}

/** Takes no new calls, lets those at work finish, and cuts off what is left after a while. */
function stop(server: Server, mostMillis: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, mostMillis)
    server.tryShutdown(() => {
      clearTimeout(cut)
      resolve()
    })
  })
}
