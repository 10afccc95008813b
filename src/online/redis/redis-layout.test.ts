import { expect, it } from 'vitest'
import type { OnlineTable } from '../../plugin/online-store.ts'
import { type EntityKeyValue, entityKeyPrefix, redisKey, serializeEntityKey } from '../../types/entity-key.ts'
import { eventField, featureField, isKeyOf, keyPattern, projectSuffix } from './redis-layout.ts'

const table: OnlineTable = { project: 'p', view: 'shop_stats', version: null, joinKeys: ['shop_no'], features: [] }
const text = (value: string): EntityKeyValue => ({ kind: 'string', value })

it('fields are those of real Feast', () => {
  // Recorded in goldens/wire/redis.json.
  expect(Buffer.from(featureField(table, 'city')).toString('hex')).toBe('51d707ea')
  expect(Buffer.from(featureField(table, 'score')).toString('hex')).toBe('94613367')
  expect(Buffer.from(eventField(table)).toString()).toBe('_ts:shop_stats')
})

it('a version above 0 has fields of its own', () => {
  expect(Buffer.from(eventField({ ...table, version: 2 })).toString()).toBe('_ts:shop_stats_v2')
  expect(featureField({ ...table, version: 2 }, 'city')).not.toEqual(featureField(table, 'city'))
  expect(featureField({ ...table, version: 0 }, 'city')).toEqual(featureField(table, 'city'))
})

function isKey(key: Uint8Array, joinKeys: readonly string[], project: string, version: 2 | 3 = 3): boolean {
  return isKeyOf(key, entityKeyPrefix(joinKeys, version), joinKeys.length, projectSuffix(project))
}

it.each([2, 3] as const)('a key of version %d belongs to one project and its join keys alone', (version) => {
  const key = redisKey(serializeEntityKey(['id', 'of'], [text('my_'), text('')], version), 'shop')
  expect(isKey(key, ['id', 'of'], 'shop', version)).toBe(true)
  expect(isKey(key, ['id'], 'shop', version)).toBe(false)
  expect(isKey(key, ['id', 'of'], 'hop', version)).toBe(false)
  expect(isKey(key, ['id', 'of'], 'my_shop', version)).toBe(false)
  expect(isKey(key, ['id', 'of'], '', version)).toBe(false)
  const other = redisKey(serializeEntityKey(['id', 'of'], [text('1'), text('2')], version), 'my_shop')
  expect(isKey(other, ['id', 'of'], 'shop', version)).toBe(false)
  expect(isKey(other.subarray(0, -3), ['id', 'of'], 'shop', version)).toBe(false)
})

it('a pattern has no signs but the one star between join keys and project', () => {
  const name = 'x'.repeat(0x2a)
  const pattern = Buffer.from(keyPattern([name], 'a*[b]?\\', 3)).toString('latin1')
  expect(pattern).toBe(`\x01\0\0\0\x02\0\0\0\\*\0\0\0${name}*a\\*\\[b\\]\\?\\\\`)
})
