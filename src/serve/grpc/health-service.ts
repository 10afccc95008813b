import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../wire/gen/grpc/health/v1/health_pb.ts'
import { malformed, StatusError } from './grpc-errors.ts'
import type { GrpcService, MessageStream } from './grpc-method.ts'

export const healthServiceName = 'grpc.health.v1.Health'

/** `grpc.health.v1.Health`: every service lives until the server begins to stop. */
export class HealthService implements GrpcService {
  readonly name = healthServiceName
  readonly unary: GrpcService['unary']
  readonly streams: GrpcService['streams']
  readonly #known: ReadonlySet<string>
  readonly #watchers = new Set<{ readonly call: MessageStream; readonly service: string }>()
  #stopping = false

  /** @param services names that may be asked for; the empty one stands for the whole server. */
  constructor(services: readonly string[]) {
    this.#known = new Set(services)
    const check = async (request: Buffer): Promise<Buffer> => this.#check(serviceOf(request))
    this.unary = [{ path: `/${healthServiceName}/Check`, answer: check }]
    this.streams = [{ path: `/${healthServiceName}/Watch`, kind: 'serverStream', start: (call) => this.#watch(call) }]
  }

  /** Tells everybody that the server stops, and ends their streams, for which a graceful end would wait. */
  stop(): void {
    this.#stopping = true
    for (const { call, service } of this.#watchers) {
      call.write(answer(this.#statusOf(service)))
      call.end()
    }
    this.#watchers.clear()
  }

  #check(service: string): Buffer {
    if (this.#known.has(service)) return answer(this.#statusOf(service))
    throw new StatusError('NOT_FOUND', '')
  }

  #watch(call: MessageStream): void {
    const watcher = { call, service: serviceOf(call.request ?? Buffer.alloc(0)) }
    call.write(answer(this.#statusOf(watcher.service)))
    this.#watchers.add(watcher)
    const leave = (): boolean => this.#watchers.delete(watcher)
    call.on('cancelled', leave)
    call.on('close', leave)
  }

  #statusOf(service: string): Serving {
    if (!this.#known.has(service)) return Serving.SERVICE_UNKNOWN
    return this.#stopping ? Serving.NOT_SERVING : Serving.SERVING
  }
}

function serviceOf(request: Buffer): string {
  try {
    return fromBinary(HealthCheckRequestSchema, request).service
  } catch (cause) {
    throw malformed('grpc.health.v1.HealthCheckRequest', cause)
  }
}

function answer(status: Serving): Buffer {
  return Buffer.from(toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status })))
}
