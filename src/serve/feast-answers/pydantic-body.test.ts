import { describe, expect, test } from 'vitest'
import { type BodyName, readBody } from './pydantic-body.ts'

function faults(name: BodyName, body: string, query = {}): unknown {
  const read = readBody(name, { body: Buffer.from(body), contentType: 'application/json', query })
  return 'answer' in read ? JSON.parse(read.answer.body).detail : read.body
}

/** Answers of Feast's server to the same bodies. */
describe('bodies are checked as FastAPI does', () => {
  test('all faults are listed, in the order of the fields', () => {
    const body =
      '{"features":1,"entities":{"user_id":[1.5],"b":3},"full_feature_names":2,"feature_service":3,"include_feature_view_version_metadata":null}'
    expect(faults('getOnlineFeatures', body)).toEqual([
      { type: 'list_type', loc: ['body', 'entities', 'b'], msg: 'Input should be a valid list', input: 3 },
      { type: 'string_type', loc: ['body', 'feature_service'], msg: 'Input should be a valid string', input: 3 },
      { type: 'list_type', loc: ['body', 'features'], msg: 'Input should be a valid list', input: 1 },
      {
        type: 'bool_parsing',
        loc: ['body', 'full_feature_names'],
        msg: 'Input should be a valid boolean, unable to interpret input',
        input: 2,
      },
      {
        type: 'bool_type',
        loc: ['body', 'include_feature_view_version_metadata'],
        msg: 'Input should be a valid boolean',
        input: null,
      },
    ])
  })

  test('a missing field is told with the whole body', () => {
    expect(faults('push', '{"push_source_name":"s"}')).toEqual([
      { type: 'missing', loc: ['body', 'df'], msg: 'Field required', input: { push_source_name: 's' } },
    ])
  })

  test.each([
    ['"abc"', 'model_attributes_type'],
    ['null', 'model_attributes_type'],
    ['[]', 'model_attributes_type'],
    ['', 'missing'],
    ['{"a":1,}', 'json_invalid'],
  ])('the body %s is %s', (body, type) => {
    expect(faults('getOnlineFeatures', body)).toMatchObject([{ type }])
  })

  test('a body of another content type is text', () => {
    const read = readBody('push', { body: Buffer.from('{}'), contentType: 'text/plain' })
    expect('answer' in read && JSON.parse(read.answer.body).detail).toMatchObject([
      { type: 'model_attributes_type', input: '{}' },
    ])
  })

  test('query parameters are checked before the body', () => {
    const query = { async: 'maybe', force: '1' }
    expect(faults('materialize', '{"start_ts":5}', query)).toMatchObject([
      { type: 'bool_parsing', loc: ['query', 'async'], input: 'maybe' },
      { type: 'string_type', loc: ['body', 'start_ts'], input: 5 },
    ])
  })

  test.each([
    ['"ON"', true],
    ['"f"', false],
    ['1', true],
    ['0.0', false],
  ])('%s is a truth value', (written, meant) => {
    const body = `{"entities":{},"full_feature_names":${written}}`
    expect(faults('getOnlineFeatures', body)).toMatchObject({ full_feature_names: meant, features: [] })
  })
})
