import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { errorToJson, renderError, wrap } from './render-error.ts'

let cwd = ''
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'feast-render-'))
  await writeFile(join(cwd, 'train.ts'), "import x from 'y'\n\n\t\tdriverStats.select('conv_rat')\n")
  await writeFile(
    join(cwd, 'secret.yaml'),
    'online_store: {password: "a, b", url: redis://u:pw@h, bad: 1}\ntoken: abc\npassword: {a: abcd}\n' +
      'registry: postgresql://u:p/w@x@h/db\nstore: {"passwd":"x", dsn: Pwd=x}\n',
  )
})
afterAll(() => rm(cwd, { recursive: true }))

const render = (error: unknown, debug = false): string => renderError(error, { cwd, output: new PassThrough(), debug })

describe('renderError', () => {
  test('shows code, message, the marked place with the hint, notes and where to read more', () => {
    const error = new FeatureStoreError('FTS2104', {
      message: 'Unknown feature "conv_rat" in view "driver_hourly_stats".',
      where: { file: join(cwd, 'train.ts'), line: 3, column: 22, length: 8 },
      hint: 'did you mean "conv_rate"?',
      notes: ['the view has: conv_rate, acc_rate, avg_daily_trips'],
    })
    expect(render(error)).toBe(`error FTS2104  Unknown feature "conv_rat" in view "driver_hourly_stats"
  ┌ train.ts:3:22
  │   driverStats.select('conv_rat')
  │                      ^^^^^^^^ did you mean "conv_rate"?
  = the view has: conv_rate, acc_rate, avg_daily_trips
  = more: feast explain FTS2104`)
  })

  test('names a file outside the working directory in full, and a place that cannot be read without its line', () => {
    const where = { file: '/elsewhere/a.ts', line: 1, column: 1 }
    expect(render(new FeatureStoreError('FTS2104', { message: 'x', where, hint: 'look there' }))).toBe(
      'error FTS2104  x\n  ┌ /elsewhere/a.ts:1:1\n  = look there\n  = more: feast explain FTS2104',
    )
  })

  test.each([
    [1, 59, 'online_store: {password: ******, url: redis://u:**@h, bad: 1}'],
    [2, 1, 'token: ***'],
    [3, 1, 'password: *********'],
    [4, 1, 'registry: postgresql://u:*****@h/db'],
    [5, 1, 'store: {"passwd":***, dsn: Pwd=*}'],
  ])('hides secrets in line %i of a configuration and keeps the mark in place', (line, column, shown) => {
    const where = { file: join(cwd, 'secret.yaml'), line, column, length: 3 }
    expect(render(new FeatureStoreError('FTS1003', { message: 'x', where })).split('\n')[2]).toBe(`  │   ${shown}`)
  })

  test('says what is unexpected and how to report it, with stacks only on demand', () => {
    const error = new TypeError('no', { cause: new Error('why') })
    expect(render(error)).toBe(
      'error FTS9001  Something unexpected happened: TypeError: no\n' +
        '  = this is a fault of feast-ts; please report it with the output of the same command with --debug\n' +
        '  = more: feast explain FTS9001',
    )
    expect(render(error, true)).toMatch(/TypeError: no\n {4}at [\s\S]*caused by: Error: why\n {4}at /)
  })

  test('has a JSON form', () => {
    expect(errorToJson(new FeatureStoreError('FTS2104', { message: 'x', field: 'features' }))).toEqual({
      error: { code: 'FTS2104', title: 'Unknown feature', message: 'x', field: 'features' },
    })
  })
})

test('wrap breaks at blanks, indents what follows and leaves long words whole', () => {
  expect(wrap('one two three', 9, '  ')).toBe('one two\n  three')
  expect(wrap('a '.repeat(3) + 'x'.repeat(20), 9, ' ')).toBe(`a a a\n ${'x'.repeat(20)}`)
})
