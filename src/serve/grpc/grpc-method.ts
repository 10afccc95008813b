import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js'
import type { ReadTimings } from '../../store/read-timings.ts'
import type { GrpcAnswer } from './grpc-errors.ts'

/** A call as a method sees it: the bytes of the request, and its metadata for those who look at it. */
export type UnaryCall = ServerUnaryCall<Buffer, Buffer>

/** One method with one request and one answer, both as bytes. */
export interface UnaryMethod {
  /** Such as `/feast.serving.ServingService/GetOnlineFeatures`. */
  readonly path: string
  readonly answer: (request: Buffer, timings?: ReadTimings) => Promise<Buffer>
  /** How a call ends that failed. Default: with the status of the error's code. */
  readonly ending?: (error: unknown) => GrpcAnswer
}

/** A method that answers with a stream, written to the call itself. */
export interface StreamMethod {
  readonly path: string
  readonly kind: 'serverStream' | 'bidi'
  /** `fail` ends the call with an error. */
  readonly start: (call: MessageStream, fail: (error: unknown) => void) => void
}

/** What the two kinds of streaming calls of gRPC have in common. */
export interface MessageStream {
  /** The one request of a server stream. */
  readonly request?: Buffer
  readonly metadata: Metadata
  on(event: 'data', listener: (message: Buffer) => void): unknown
  on(event: 'end' | 'close' | 'cancelled', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  write(message: Buffer): boolean
  end(): void
  emit(event: 'error', error: unknown): boolean
}

/** A service with its methods. */
export interface GrpcService {
  /** Full name, such as `grpc.health.v1.Health`. */
  readonly name: string
  readonly unary: readonly UnaryMethod[]
  readonly streams: readonly StreamMethod[]
}
