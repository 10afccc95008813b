/**
 * `node bench/grpc-load.ts PORT ROWS SECONDS [CALLS]`: calls GetOnlineFeatures of a server on this machine, each for
 * `ROWS` entities of `svc50`, with `CALLS` (8) of them open at a time, and prints what came of it as one line of JSON.
 * It is a process of its own, so that a server's time is its own. 0 seconds are one call.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import grpc from '@grpc/grpc-js'
import {
  GetOnlineFeaturesRequestSchema,
  GetOnlineFeaturesResponseSchema,
} from '../src/wire/gen/feast/serving/ServingService_pb.ts'

const [port, rows, seconds, calls] = [2, 3, 4, 5].map((index) => Number(process.argv[index] ?? 8)) as [
  number,
  number,
  number,
  number,
]
const path = '/feast.serving.ServingService/GetOnlineFeatures'
const entityCount = 10_000
const featureCount = 50
const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
const same = (bytes: Buffer): Buffer => bytes

/** Different keys each time, as `post.lua` asks for. Made beforehand: encoding them is not what is measured. */
const requests = Array.from({ length: 500 }, (_, number): Buffer => {
  const val = Array.from({ length: rows }, (__, row) => {
    return { val: { case: 'int64Val', value: BigInt((number * 7919 + row * 104_729) % entityCount) } as const }
  })
  const request = create(GetOnlineFeaturesRequestSchema, {
    kind: { case: 'featureService', value: 'svc50' },
    entities: { user_id: { val } },
  })
  return Buffer.from(toBinary(GetOnlineFeaturesRequestSchema, request))
})

let sent = 0

function call(): Promise<Buffer> {
  const request = requests[sent++ % requests.length] ?? Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, request, (error, answer) => {
      if (error === null && answer !== undefined) resolve(answer)
      else reject(error)
    })
  })
}

const first = fromBinary(GetOnlineFeaturesResponseSchema, await call())
const vectors = first.results.filter(({ values }) => values.length === rows)
if (vectors.length !== featureCount + 1) throw new Error(`${vectors.length} columns of ${rows} rows were answered`)

const millis: number[] = []
const started = performance.now()
const end = started + seconds * 1000
await Promise.all(
  Array.from({ length: seconds === 0 ? 0 : calls }, async () => {
    while (performance.now() < end) {
      const begun = performance.now()
      await call()
      millis.push(performance.now() - begun)
    }
  }),
)
const elapsed = (performance.now() - started) / 1000
client.close()
millis.sort((a, b) => a - b)
const at = (share: number): number => millis[Math.floor(share * (millis.length - 1))] ?? 0
const outcome = {
  requests: millis.length,
  requestsPerSecond: elapsed === 0 ? 0 : millis.length / elapsed,
  p50: at(0.5),
  p99: at(0.99),
}
console.log(JSON.stringify(outcome))
