import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { errorCatalogue } from '../../src/base/errors/catalogue.ts'
import { fixtures, unprovoked } from './gallery.ts'
import { provoke } from './stage.ts'

const codes = Object.keys(errorCatalogue)

describe('the error gallery', () => {
  test('has a fixture, or a reason why not, for every code and for nothing else', () => {
    expect(codes.filter((code) => !(code in fixtures) && !(code in unprovoked))).toEqual([])
    expect(Object.keys({ ...fixtures, ...unprovoked }).filter((code) => !codes.includes(code))).toEqual([])
    expect(Object.keys(fixtures).filter((code) => code in unprovoked)).toEqual([])
  })

  test('shows no code that the product never throws', () => {
    const cwd = fileURLToPath(new URL('../../src', import.meta.url))
    const used = execFileSync(
      'grep',
      ['-rhoE', "'FTS[0-9]{4}'", '.', '--include=*.ts', '--exclude-dir=errors', '--exclude=*.test.ts'],
      { cwd, encoding: 'utf8' },
    )
    expect(codes.filter((code) => !used.includes(`'${code}'`))).toEqual([])
  })

  test('is printed for people on docs/errors.md', async () => {
    const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
    for (const code of codes) expect(page).toContain(`### ${code}: `)
    for (const code of Object.keys(fixtures)) expect(page).toContain(`\nerror ${code}  `)
  })

  test.each(Object.entries(fixtures))('%s is provoked, with this text', async (code, fixture) => {
    const text = await provoke(fixture)
    expect(text.startsWith(`error ${code}  `), text).toBe(true)
    await expect(text).toMatchFileSnapshot(`examples/${code}.txt`)
  })
})
