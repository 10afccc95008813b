import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { Instant } from '../../base/instant.ts'
import { GetOnlineFeaturesRequestSchema } from '../../wire/gen/feast/serving/ServingService_pb.ts'
import type { RepeatedValueSchema } from '../../wire/gen/feast/types/Value_pb.ts'
import { readOnlineCall } from './online-request.ts'

type Init = NonNullable<Parameters<typeof create<typeof GetOnlineFeaturesRequestSchema>>[1]>

const bytesOf = (init: Init): Uint8Array =>
  toBinary(GetOnlineFeaturesRequestSchema, create(GetOnlineFeaturesRequestSchema, init))

const values: MessageInitShape<typeof RepeatedValueSchema> = {
  val: [
    { val: { case: 'int64Val', value: 7n } },
    { val: { case: 'int64Val', value: -(2n ** 63n) } },
    { val: { case: 'int32Val', value: -5 } },
    { val: { case: 'stringVal', value: 'スク' } },
    { val: { case: 'unixTimestampVal', value: 60n } },
    { val: { case: 'nullVal', value: 0 } },
    { val: { case: undefined } },
  ],
}

describe('readOnlineCall', () => {
  test('reads every field, and each value by the case that it was sent in', () => {
    const call = readOnlineCall(
      bytesOf({
        kind: { case: 'features', value: { val: ['stats:rate', 'größe:x'] } },
        entities: { driver_id: values },
        requestContext: { distance: { val: [{ val: { case: 'doubleVal', value: 0.5 } }] } },
        fullFeatureNames: true,
        includeFeatureViewVersionMetadata: true,
      }),
    )
    expect(call.service).toBeNull()
    expect(call.features).toEqual(['stats:rate', 'größe:x'])
    expect(call.entities.get('driver_id')?.values).toEqual([
      7,
      -(2n ** 63n),
      -5,
      'スク',
      Instant.fromEpochSeconds(60n),
      null,
      null,
    ])
    expect([...call.requestContext].map(([name, { values }]) => [name, values])).toEqual([['distance', [0.5]]])
    expect([call.fullFeatureNames, call.withVersions]).toEqual([true, true])
  })

  test('tells the empty name of a service from none', () => {
    expect(readOnlineCall(bytesOf({ kind: { case: 'featureService', value: '' } })).service).toBe('')
    expect(readOnlineCall(bytesOf({})).service).toBeNull()
  })

  test('takes the last of several fields of the oneof, and joins a list that came in parts', () => {
    const service = bytesOf({ kind: { case: 'featureService', value: 'drivers' } })
    const list = (name: string): Uint8Array => bytesOf({ kind: { case: 'features', value: { val: [name] } } })
    expect(readOnlineCall(Buffer.concat([list('a:x'), service]))).toMatchObject({ service: 'drivers', features: [] })
    expect(readOnlineCall(Buffer.concat([service, list('a:x'), list('a:y')]))).toMatchObject({
      service: null,
      features: ['a:x', 'a:y'],
    })
  })

  test('takes the last of equal entity columns and skips fields that it does not know', () => {
    const column = (value: bigint): Uint8Array =>
      bytesOf({ entities: { id: { val: [{ val: { case: 'int64Val', value } }] } } })
    const unknown = Uint8Array.of(((99 << 3) & 0x7f) | 0x80, 99 >> 4, 1)
    const call = readOnlineCall(Buffer.concat([column(1n), unknown, column(2n)]))
    expect(call.entities.get('id')?.values).toEqual([2])
  })

  test('gives a list that was asked for before as the same array', () => {
    const bytes = bytesOf({ kind: { case: 'features', value: { val: ['seen:before'] } } })
    expect(readOnlineCall(bytes).features).toBe(readOnlineCall(bytes.slice()).features)
  })

  test.each([
    ['text', Buffer.from('garbage bytes')],
    ['a message that ends early', bytesOf({ kind: { case: 'featureService', value: 'drivers' } }).subarray(0, 4)],
    ['a value that is none', Uint8Array.of(0x1a, 6, 0x12, 4, 0x0a, 2, 0xff, 0xff)],
    ['text that is not UTF-8', Uint8Array.of(0x0a, 2, 0xc3, 0x28)],
  ])('refuses %s with FTS7001', (_, bytes) => {
    expect(() => readOnlineCall(bytes)).toThrow(expect.objectContaining({ code: 'FTS7001' }))
  })
})
