import { describe, expect, test } from 'vitest'
import { inBody, only, runSpoilt } from './spoil.ts'

type Change = (json: never) => void

const same = only('expired_view', () => {}) as Change

/** Ways in which an answer over HTTP can be wrong. */
const http: Readonly<Record<string, Change>> = {
  'a value that differs': inBody('expired_view', '"alpha"', '"beta"'),
  'a last digit of 64 bits that differs': inBody('big_int_entity', '9007199254740993', '9007199254740992'),
  'a status that differs': inBody('expired_view', '"NOT_FOUND"', '"PRESENT"'),
  'an event time that differs': inBody('expired_view', '2024-03-01T12:34:56Z', '2024-03-01T12:34:57Z'),
  'a column of another name': inBody('expired_view', '"old_label"', '"label"'),
  'a version that is not there': inBody('version_metadata', '"name":"scalars"', '"name":"scalars","version":1'),
  'views in another order': only('mixed_missing', (item) => {
    const answer = JSON.parse(item.response_body)
    for (const list of [answer.results, answer.metadata.feature_names]) list.push(list.splice(2, 1)[0])
    item.response_body = JSON.stringify(answer)
  }),
  'entity columns in another order': only('multi_key', (item) => {
    const answer = JSON.parse(item.response_body)
    for (const list of [answer.results, answer.metadata.feature_names]) list.unshift(list.splice(1, 1)[0])
    item.response_body = JSON.stringify(answer)
  }),
  'another HTTP status': only('unknown_feature', (item) => {
    item.status = 404
  }),
  'another media type': only('expired_view', (item) => {
    item.content_type = 'text/plain'
  }),
  'an error of another class': inBody('unknown_view', 'FeatureViewNotFoundException', 'EntityNotFoundException'),
  'another name in the message of a class': inBody('unknown_view', 'Feature view nope', 'Feature view else'),
  'a class where there is none': only('unknown_feature', (item) => {
    item.response_body = JSON.stringify(JSON.stringify({ module: 'feast.errors', class: 'X', message: 'x' }))
  }),
  'another fault of a field': inBody('entities_scalar_not_list', '"list_type"', '"dict_type"'),
  'a fault at another place': inBody('entities_scalar_not_list', '"user_id"', '"user"'),
  'an answer where there is none': only('push_online', (item) => {
    item.response_body = 'null'
  }),
}

const grpc: Readonly<Record<string, Change>> = {
  'another code': only('unknown_method', (item) => {
    item.code = 'NOT_FOUND'
  }),
  'an answer that differs': only('scalar_f_int32', (item) => {
    const bytes = Buffer.from(item.response_b64, 'base64')
    bytes[bytes.indexOf('f_int32')] = 'g'.charCodeAt(0)
    item.response_b64 = bytes.toString('base64')
  }),
}

describe('the runner sends recorded requests to our servers, and', () => {
  test('passes over an answer that is as recorded', async () => {
    expect(await runSpoilt('rest.json', same)).toMatchObject({ passed: 1, failures: [] })
  })

  test.each(Object.keys(http))('fails over %s', async (name) => {
    const { failures } = await runSpoilt('rest.json', http[name] as Change)
    expect(failures).toHaveLength(1)
  })

  test.each(Object.keys(grpc))('fails over %s of a gRPC call', async (name) => {
    const { failures } = await runSpoilt('grpc.json', grpc[name] as Change)
    expect(failures).toHaveLength(1)
  })

  test('passes over another text of an error that has no class', async () => {
    const change = inBody('unknown_feature', 'not found in projection', 'is nowhere in') as Change
    expect(await runSpoilt('rest.json', change)).toMatchObject({ passed: 1, failures: [] })
  })
})
