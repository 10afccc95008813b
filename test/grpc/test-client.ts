import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import grpc from '@grpc/grpc-js'
import { statusNames } from '../../src/store/feature-status.ts'
import {
  GetOnlineFeaturesRequestSchema,
  GetOnlineFeaturesResponseSchema,
} from '../../src/wire/gen/feast/serving/ServingService_pb.ts'
import type { Value } from '../../src/wire/gen/feast/types/Value_pb.ts'

type OnlineRequest = MessageInitShape<typeof GetOnlineFeaturesRequestSchema>

/** Value, status and event time of each row, by column. */
export type OnlineTable = Readonly<Record<string, readonly (readonly [unknown, string, string])[]>>

/** How a call failed. */
export interface Failure {
  readonly code: string
  readonly details: string
  /** Our code, from the trailer. */
  readonly error: string | undefined
}

const same = (bytes: Buffer): Buffer => bytes

/** A client for tests: bytes in, bytes out. */
export class TestClient {
  readonly #client: grpc.Client

  constructor(port: number, credentials: grpc.ChannelCredentials = grpc.credentials.createInsecure()) {
    this.#client = new grpc.Client(`127.0.0.1:${port}`, credentials)
  }

  close(): void {
    this.#client.close()
  }

  call(path: string, request: Buffer, deadlineMillis = 10_000): Promise<Buffer> {
    const options = { deadline: Date.now() + deadlineMillis }
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, same, same, request, options, (error, answer) => {
        if (error === null && answer !== undefined) resolve(answer)
        else reject(error)
      })
    })
  }

  /** The trailers of a call that succeeds. */
  trailers(path: string, request: Buffer, metadata: grpc.Metadata): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(path, same, same, request, metadata, (error) => {
        if (error !== null) reject(error)
      })
      call.on('status', (status) => resolve(status.metadata.getMap()))
    })
  }

  /** The error of a call that fails. @throws when it does not. */
  async failure(path: string, request: Buffer, deadlineMillis?: number): Promise<Failure> {
    try {
      await this.call(path, request, deadlineMillis)
    } catch (error) {
      const { code, details, metadata } = error as grpc.ServiceError
      return { code: grpc.status[code], details, error: metadata.get('feast-error-code')[0]?.toString() }
    }
    throw new Error(`${path} did not fail`)
  }

  async online(service: string, request: OnlineRequest): Promise<OnlineTable> {
    const bytes = toBinary(GetOnlineFeaturesRequestSchema, create(GetOnlineFeaturesRequestSchema, request))
    const answer = await this.call(`${service}/GetOnlineFeatures`, Buffer.from(bytes))
    const { metadata, results } = fromBinary(GetOnlineFeaturesResponseSchema, answer)
    const names = metadata?.featureNames?.val ?? []
    return Object.fromEntries(
      results.map(({ values, statuses, eventTimestamps }, column) => [
        names[column] ?? '',
        values.map((value, row): readonly [unknown, string, string] => {
          const time = eventTimestamps[row]
          const text = time === undefined ? '' : timestampDate(time).toISOString().replace('.000Z', 'Z')
          return [plain(value), statusNames[statuses[row] ?? 0] ?? '', text]
        }),
      ]),
    )
  }

  /** A server stream; `first` is there with its first message, `ended` at its end. */
  stream(
    path: string,
    request: Buffer,
    onMessage: (message: Buffer) => void,
  ): { readonly first: Promise<void>; readonly ended: Promise<void> } {
    const first = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const call = this.#client.makeServerStreamRequest(path, same, same, request)
    call.on('data', (message: Buffer) => {
      onMessage(message)
      first.resolve()
    })
    call.on('end', ended.resolve)
    call.on('error', ended.reject)
    return { first: first.promise, ended: ended.promise }
  }

  /** All answers of a two-way stream to some requests. */
  exchange(path: string, requests: readonly Buffer[]): Promise<readonly Buffer[]> {
    return new Promise((resolve, reject) => {
      const answers: Buffer[] = []
      const call = this.#client.makeBidiStreamRequest(path, same, same)
      call.on('data', (message: Buffer) => answers.push(message))
      call.on('end', () => resolve(answers))
      call.on('error', reject)
      for (const request of requests) call.write(request)
      call.end()
    })
  }
}

function plain({ val }: Value): unknown {
  if (val.case === undefined || val.case === 'nullVal') return null
  return typeof val.value === 'object' && 'val' in val.value ? val.value.val : val.value
}
