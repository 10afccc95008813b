import { expect, test } from 'vitest'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { accessLine } from './server-log.ts'

test('a line of the access log is one JSON object, whatever a client put into its path', () => {
  const entry = { requestId: 'a"b', method: 'GET', path: '/x?\n"\u001b', status: 404, millis: 1.23456, traceId: 'abc' }
  const line = accessLine(entry)
  expect(line.endsWith('\n')).toBe(true)
  expect(line.slice(0, -1)).not.toMatch(/\p{Cc}/u)
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    time: expect.any(Number),
    pid: process.pid,
    msg: 'request',
    request_id: 'a"b',
    method: 'GET',
    path: '/x?\n"\u001b',
    status: 404,
    ms: 1.235,
    trace_id: 'abc',
  })
  expect(JSON.parse(accessLine({ ...entry, traceId: undefined }))).not.toHaveProperty('trace_id')
})

test('a request that failed has its code there, and the reason where the server is at fault', () => {
  const entry = { requestId: 'a', method: 'POST', path: '/x', millis: 1, traceId: undefined }
  const wrong = new FeatureStoreError('FTS7002', { message: 'The key is "secret".' })
  expect(JSON.parse(accessLine({ ...entry, status: 422, fault: wrong }))).toMatchObject({
    status: 422,
    code: 'FTS7002',
  })
  expect(accessLine({ ...entry, status: 422, fault: wrong })).not.toContain('secret')
  const down = new FeatureStoreError('FTS5014', { message: 'The store is "away".' })
  const line = JSON.parse(accessLine({ ...entry, status: 503, fault: down }))
  expect(line).toMatchObject({ code: 'FTS5014', error: 'The store is "away".' })
})
