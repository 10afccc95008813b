import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../wire/gen/grpc/health/v1/health_pb.ts'
import { malformed, StatusError } from './grpc-errors.ts'
import type { GrpcService, MessageStream } from './grpc-method.ts'

export const healthServiceName = 'grpc.health.v1.Health'

/** How often those who watch are told of a change. */
const watchMillis = 5000

interface Watcher {
  readonly call: MessageStream
  readonly service: string
  /** What was told last. */
  status: Serving | null
}

/** `grpc.health.v1.Health`, for those who send traffic: what works, and what stops. */
export class HealthService implements GrpcService {
  readonly name = healthServiceName
  readonly unary: GrpcService['unary']
  readonly streams: GrpcService['streams']
  readonly #known: ReadonlyMap<string, () => Promise<boolean>>
  readonly #watchers = new Set<Watcher>()
  #timer: NodeJS.Timeout | undefined
  #stopping = false

  /** @param services whether each works, by name; the empty name stands for the process. */
  constructor(services: ReadonlyMap<string, () => Promise<boolean>>) {
    this.#known = services
    this.unary = [{ path: `/${healthServiceName}/Check`, answer: async (request) => this.#check(serviceOf(request)) }]
    this.streams = [{ path: `/${healthServiceName}/Watch`, kind: 'serverStream', start: (call) => this.#watch(call) }]
  }

  /** Tells everybody that the server stops, and ends their streams, for which a graceful end would wait. */
  stop(): void {
    this.#stopping = true
    clearInterval(this.#timer)
    for (const { call, service } of this.#watchers) {
      call.write(answer(this.#known.has(service) ? Serving.NOT_SERVING : Serving.SERVICE_UNKNOWN))
      call.end()
    }
    this.#watchers.clear()
  }

  async #check(service: string): Promise<Buffer> {
    if (!this.#known.has(service)) throw new StatusError('NOT_FOUND', '')
    return answer(await this.#statusOf(service))
  }

  #watch(call: MessageStream): void {
    const watcher: Watcher = { call, service: serviceOf(call.request ?? Buffer.alloc(0)), status: null }
    this.#watchers.add(watcher)
    const leave = (): void => {
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) clearInterval(this.#timer)
    }
    call.on('cancelled', leave)
    call.on('close', leave)
    if (this.#watchers.size === 1) {
      this.#timer = setInterval(() => void this.#tellAll(), watchMillis)
      this.#timer.unref()
    }
    void this.#tell(watcher)
  }

  async #tellAll(): Promise<void> {
    await Promise.all([...this.#watchers].map((watcher) => this.#tell(watcher)))
  }

  async #tell(watcher: Watcher): Promise<void> {
    const status = await this.#statusOf(watcher.service)
    if (status === watcher.status || !this.#watchers.has(watcher)) return
    watcher.status = status
    watcher.call.write(answer(status))
  }

  async #statusOf(service: string): Promise<Serving> {
    const works = this.#known.get(service)
    if (works === undefined) return Serving.SERVICE_UNKNOWN
    return !this.#stopping && (await works()) ? Serving.SERVING : Serving.NOT_SERVING
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
