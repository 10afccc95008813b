import { describe, expect, test } from 'vitest'
import type { Transformation } from './transformation.ts'
import { readTransformation, storedTransformation, typescriptTransformation } from './typescript-transformation.ts'

const source = '({ a }) => {\n  # not python\n\n  return { b: `\'\'\'"""` }\n}'

describe('an on-demand function in TypeScript', () => {
  test('comes back from its stored form as it was', () => {
    const ours = typescriptTransformation('fare', source)
    expect(readTransformation(storedTransformation(ours))).toEqual(ours)
  })

  test('is stored as a Python function that Feast can load and that says where to compute it', () => {
    const stored = storedTransformation(typescriptTransformation('class', '() => ({})'))
    expect(stored.mode).toBe('python')
    expect(stored.bodyText).toBe(
      [
        '# feast-ts: on-demand function in TypeScript',
        '# () => ({})',
        'def run_class(inputs):',
        '    raise NotImplementedError("this on-demand feature view is a TypeScript function; compute it with feast-ts")',
        '',
      ].join('\n'),
    )
  })

  test('is recognised by its text after Python has replaced mode and body', () => {
    const ours = typescriptTransformation('fare', source)
    const rewritten = { ...storedTransformation(ours), mode: 'python', body: Uint8Array.of(128, 4) }
    expect(readTransformation(rewritten)).toEqual(ours)
  })

  test('never lets a line of the source escape from the comments', () => {
    const stored = storedTransformation(typescriptTransformation('v', 'a\rb\r\nc'))
    expect(stored.bodyText.split('\n').slice(1, 4)).toEqual(['# a', '# b', '# c'])
    expect(stored.bodyText).not.toContain('\r')
  })
})

test('a Python function is neither changed when stored nor when read', () => {
  const python: Transformation = { mode: 'pandas', name: 'f', body: Uint8Array.of(1), bodyText: 'def f(df): ...' }
  expect(storedTransformation(python)).toBe(python)
  expect(readTransformation(python)).toBe(python)
})
