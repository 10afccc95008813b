import { expect, it } from 'vitest'
import { isConnectionLost, postgresError } from './postgres-errors.ts'

const server = { name: 'PostgreSQL', address: 'db:5432' }
const withCode = (code: string, more: object = {}): Error => Object.assign(new Error(`of ${code}`), { code, ...more })

it('an error of the network is told from an answer of the server, whose codes look alike', () => {
  expect(postgresError(withCode('EPIPE'), server)).toMatchObject({ code: 'FTS5014' })
  expect(isConnectionLost(withCode('EPIPE'))).toBe(true)
  expect(postgresError(withCode('53300', { severity: 'FATAL' }), server)).toMatchObject({ code: 'FTS5019' })
  expect(isConnectionLost(withCode('53300', { severity: 'FATAL' }))).toBe(false)
})

it.each([
  ['57P01', 'FTS5014'],
  ['57P03', 'FTS5014'],
  ['08006', 'FTS5014'],
  ['28P01', 'FTS5015'],
  ['3D000', 'FTS5015'],
  ['42P01', 'FTS5010'],
  ['3F000', 'FTS5010'],
  ['40P01', 'FTS5016'],
  ['42601', 'FTS5018'],
  ['54000', 'FTS5017'],
  ['53100', 'FTS5019'],
])('SQLSTATE %s is %s', (state, code) => {
  expect(postgresError(withCode(state, { severity: 'ERROR' }), server)).toMatchObject({ code })
})

it('a fault of a program is passed on as it is', () => {
  const fault = new TypeError('x is undefined')
  expect(postgresError(fault, server)).toBe(fault)
  expect(isConnectionLost(fault)).toBe(false)
})
