import { expect, test } from 'vitest'
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
