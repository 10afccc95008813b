import { describe, expect, test } from 'vitest'
import { Instant } from '../base/instant.ts'
import { bytes, float64, int64, string, unixTimestamp } from '../types/data-type.ts'
import { parseExactJson } from '../types/exact-json.ts'
import { featureRequest, jsonEntityValue, rowCount } from './feature-request.ts'

const parse = (text: string) => featureRequest(parseExactJson(text) as Readonly<Record<string, unknown>>)

describe('a request for online features', () => {
  test('is read from its fields, and other fields are ignored', () => {
    const body = `{"features":["v:f","v:g"],"entities":{"id":[1,2]},"full_feature_names":true,
      "include_feature_view_version_metadata":true,"feature_service":null,"more":[1]}`
    expect(parse(body)).toEqual({
      featureService: null,
      features: ['v:f', 'v:g'],
      entities: { id: [1, 2] },
      fullFeatureNames: true,
      viewMetadata: true,
    })
  })

  test('has columns or rows, and says how many', () => {
    expect(rowCount(parse('{"entities":{"a":[1,2,3],"b":[1,2,3]}}'))).toBe(3)
    expect(rowCount(parse('{"entities":[{"a":1},{"a":2}]}'))).toBe(2)
    expect(rowCount(parse('{"entities":{}}'))).toBe(0)
  })

  test('keeps every digit of an entity value', () => {
    expect(parse('{"entities":{"id":[9007199254740993]}}').entities).toEqual({ id: [9007199254740993n] })
  })

  test.each([
    ['{"features":[]}', 'entities', 'is missing'],
    ['{"entities":null}', 'entities', 'not null'],
    ['{"entities":7}', 'entities', 'not a number'],
    ['{"entities":{"id":7}}', 'entities.id', 'not a number'],
    ['{"entities":[{"id":7},null]}', 'entities[1]', 'not null'],
    ['{"entities":[[7]]}', 'entities[0]', 'not a list'],
    ['{"entities":{"id":[1]},"features":"v:f"}', 'features', 'not a string'],
    ['{"entities":{"id":[1]},"features":["v:f",{}]}', 'features[1]', 'not an object'],
    ['{"entities":{"id":[1]},"feature_service":["s"]}', 'feature_service', 'not a list'],
    ['{"entities":{"id":[1]},"full_feature_names":"true"}', 'full_feature_names', 'not a string'],
    ['{"entities":{"id":[1]},"include_feature_view_version_metadata":1}', 'include_feature_view_version_metadata', '1'],
  ])('%s is refused for its field %s', (text, field, words) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'FTS7002',
        field,
        message: expect.stringContaining(words === '1' ? 'a number' : words),
      }),
    )
  })
})

describe('an entity value in JSON', () => {
  test.each([
    [int64, 7, 7n],
    [int64, '7', 7n],
    [int64, 9007199254740993n, 9007199254740993n],
    [float64, 36893488147419103232n, 2 ** 65],
    [string, 'a', 'a'],
    [bytes, 'AP8=', Uint8Array.of(0, 255)],
    [unixTimestamp, 1700000000, Instant.fromEpochSeconds(1700000000)],
    [unixTimestamp, '2024-03-01T00:00:00Z', Instant.parse('2024-03-01T00:00:00Z')],
  ])('of type %o: %s', (type, json, value) => {
    expect(jsonEntityValue(json, type)).toEqual(value)
  })

  test.each([
    [int64, 1.5],
    [int64, true],
    [int64, 2 ** 53],
    [string, 5],
    [bytes, '!'],
    [unixTimestamp, 'noon'],
  ])('of type %o: %s is refused', (type, json) => {
    expect(() => jsonEntityValue(json, type)).toThrow(expect.objectContaining({ code: 'FTS5081' }))
  })
})
