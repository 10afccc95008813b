import { expect, it } from 'vitest'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { AnswerTimedOut, ConnectionLost, isPassing, redisError, ServerRefusal } from './redis-errors.ts'
import { ProtocolError, RedisErrorReply } from './reply-reader.ts'

const refusal = (text: string): ServerRefusal => new ServerRefusal('redis:6379', new RedisErrorReply(text))

it.each([
  ['NOAUTH Authentication required.', 'FTS5015'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'FTS5015'],
  ["NOPERM this user has no permissions to run the 'hset' command", 'FTS5015'],
  ['ERR Client sent AUTH, but no password is set', 'FTS5015'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'FTS5019'],
  ['MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist on disk.', 'FTS5019'],
  ['ERR max number of clients reached', 'FTS5019'],
  ['LOADING Redis is loading the dataset in memory', 'FTS5014'],
  ["READONLY You can't write against a read only replica.", 'FTS5014'],
  ['CLUSTERDOWN The cluster is down', 'FTS5014'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'FTS5018'],
  ['ERR unknown command', 'FTS5018'],
])('%s is %s, and names server and words', (text, code) => {
  const error = redisError(refusal(text))
  expect(error).toMatchObject({ code, message: expect.stringContaining('redis:6379') })
  expect(String(error)).toContain(text.replace(/\.$/, ''))
})

it('a connection that was lost says why, by its cause', () => {
  const lost = (cause: unknown): unknown => redisError(new ConnectionLost('redis:6379', cause))
  const systemError = (code: string): Error => Object.assign(new Error(`it says ${code}`), { code })
  expect(lost(systemError('ECONNREFUSED'))).toMatchObject({ code: 'FTS5014', retryable: true })
  expect(lost(systemError('DEPTH_ZERO_SELF_SIGNED_CERT'))).toMatchObject({ code: 'FTS5015' })
  expect(lost(systemError('ERR_TLS_CERT_ALTNAME_INVALID'))).toMatchObject({ code: 'FTS5015' })
  expect(lost(new ProtocolError('it is HTTP'))).toMatchObject({ code: 'FTS5018' })
  expect(lost(new AnswerTimedOut('redis:6379', 300))).toMatchObject({ code: 'FTS5016', retryable: true })
  expect(lost(refusal('WRONGPASS no'))).toMatchObject({ code: 'FTS5015' })
  const own = new FeatureStoreError('FTS1005', { message: 'no such file' })
  expect(lost(own)).toBe(own)
})

it('what passes by itself is tried again, and what does not is not', () => {
  for (const text of ['LOADING x', 'TRYAGAIN x', 'CLUSTERDOWN x', 'MOVED 1 h:1', 'ASK 1 h:1', 'READONLY x']) {
    expect(isPassing(refusal(text)), text).toBe(true)
  }
  for (const text of ['OOM x', 'NOPERM x', 'ERR x', 'WRONGTYPE x']) expect(isPassing(refusal(text)), text).toBe(false)
  const isPassingLoss = (cause: unknown): boolean => isPassing(new ConnectionLost('h:1', cause))
  expect(isPassingLoss(new Error('reset'))).toBe(true)
  expect(isPassingLoss(refusal('LOADING x'))).toBe(true)
  expect(isPassingLoss(refusal('WRONGPASS x'))).toBe(false)
  // Whoever waited in vain must not wait as long again.
  expect(isPassingLoss(new AnswerTimedOut('h:1', 10))).toBe(false)
  expect(isPassingLoss(new ProtocolError('x'))).toBe(false)
  expect(isPassingLoss(new FeatureStoreError('FTS1005', { message: 'x' }))).toBe(false)
  expect(isPassingLoss(Object.assign(new Error('x'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }))).toBe(false)
  expect(isPassing(new TypeError('x'))).toBe(false)
})
