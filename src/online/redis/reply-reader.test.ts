import { expect, it } from 'vitest'
import { incomplete, ProtocolError, RedisErrorReply, type RedisReply, ReplyReader, readBulks } from './reply-reader.ts'

function read(text: string, length = Buffer.byteLength(text, 'latin1')): RedisReply | typeof incomplete {
  // Bytes of older replies stand behind those that have arrived.
  const bytes = Buffer.concat([Buffer.from(text, 'latin1').subarray(0, length), Buffer.from('9\r\n+OLD\r\n')])
  const reader = new ReplyReader()
  const next = reader.read(bytes, 0, length)
  if (next === incomplete) return incomplete
  expect(next).toBe(length)
  return reader.value
}

it('every kind of reply is read', () => {
  expect(read('+OK\r\n')).toBe('OK')
  expect(read(':-42\r\n')).toBe(-42)
  expect(read('$0\r\n\r\n')).toEqual(Buffer.alloc(0))
  expect(read('$5\r\na\r\nb\n\r\n')).toEqual(Buffer.from('a\r\nb\n'))
  expect(read('$-1\r\n')).toBeNull()
  expect(read('*-1\r\n')).toBeNull()
  expect(read('*0\r\n')).toEqual([])
  expect(read('*3\r\n:1\r\n*1\r\n$1\r\nx\r\n$-1\r\n')).toEqual([1, [Buffer.from('x')], null])
  expect(read('-ERR no such thing\r\n')).toEqual(new RedisErrorReply('ERR no such thing'))
})

it('a reply that is cut anywhere is not all there', () => {
  const text = '*4\r\n$3\r\nabc\r\n:12\r\n+fine\r\n*1\r\n$-1\r\n'
  for (let length = 0; length < text.length; length++) expect(read(text, length), `${length} bytes`).toBe(incomplete)
})

it.each([
  'HTTP/1.1 400 Bad Request\r\n',
  '\x15\x03\x01\x00\x02',
  '$3\r\nabcd\r\n',
  '$-2\r\n',
  '$99999999999\r\n',
  '*-5\r\n',
  '$1x\r\na\r\n',
  ':\r\n',
  '+no line feed\rx',
  '*1\r\n'.repeat(40),
])('%j is refused, not waited for', (text) => {
  expect(() => read(text)).toThrow(ProtocolError)
})

it('a line that never ends is refused', () => {
  expect(() => read(`+${'x'.repeat(100_000)}`)).toThrow(ProtocolError)
})

it('values of a row become positions, and a missing one has none', () => {
  const bytes = Buffer.from('$2\r\nab\r\n$-1\r\n$0\r\n\r\n$12\r\n123456789012\r\n')
  const target = { starts: new Int32Array(6), ends: new Int32Array(6) }
  expect(readBulks(bytes, 0, bytes.length, 4, target, 2, 100)).toBe(bytes.length)
  expect([...target.starts]).toEqual([0, 0, 104, -1, 117, 124])
  expect([...target.ends]).toEqual([0, 0, 106, -1, 117, 136])
})

it('values of a row that are cut anywhere are not all there', () => {
  const bytes = Buffer.from('$2\r\nab\r\n$-1\r\n$12\r\n123456789012\r\n')
  const target = { starts: new Int32Array(3), ends: new Int32Array(3) }
  for (let length = 0; length < bytes.length; length++) {
    expect(readBulks(bytes, 0, length, 3, target, 0, 0), `${length} bytes`).toBe(incomplete)
  }
})

it.each(['+OK\r\n$1\r\n', ':1\r\n:1\r\n', '$-7\r\n$1\r\n', '$x\r\n$1\r\n', '$1\r\nabc\r\n', '$12345678901\r\n'])(
  '%j is no row of values',
  (text) => {
    const bytes = Buffer.from(text)
    const target = { starts: new Int32Array(1), ends: new Int32Array(1) }
    expect(() => readBulks(bytes, 0, bytes.length, 1, target, 0, 0)).toThrow(ProtocolError)
  },
)
