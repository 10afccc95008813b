import { expect, it } from 'vitest'
import { quoteIdentifier, quoteText, tableName } from './identifiers.ts'

it('versions above zero have tables of their own', () => {
  const table = { project: 'p', view: 'v', joinKeys: [], features: [] }
  expect([null, 0, 3].map((version) => tableName({ ...table, version }))).toEqual(['p_v', 'p_v', 'p_v_v3'])
})

it('quotes within names and texts are doubled, and nothing else is changed', () => {
  expect(quoteIdentifier('a"b`c')).toBe('"a""b`c"')
  expect(quoteIdentifier('a"b`c', '`')).toBe('`a"b``c`')
  expect(quoteText('it\'s \\ "x"')).toBe("'it''s \\ \"x\"'")
})
