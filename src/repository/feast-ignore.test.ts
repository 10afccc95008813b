import { expect, test } from 'vitest'
import { isIgnored, parseFeastIgnore } from './feast-ignore.ts'

const cases: readonly (readonly [text: string, ignored: readonly string[], kept: readonly string[]])[] = [
  ['scripts', ['scripts', 'scripts/a.ts', 'scripts/b/c.ts'], ['a/scripts', 'scripts2/a.ts', 'scripts.ts']],
  ['*.gen.ts', ['a.gen.ts'], ['b/a.gen.ts', 'a.gen.tsx', 'agen.ts']],
  ['**/*.gen.ts', ['a.gen.ts', 'b/c/a.gen.ts'], ['a.ts']],
  ['a/**/old', ['a/old/x.ts', 'a/b/c/old/x.ts'], ['old/x.ts', 'a/older/x.ts']],
  ['experiments/**', ['experiments/a.ts', 'experiments/b/c.ts'], ['experiments']],
  ['./b/', ['b/x.ts'], ['a/b/x.ts']],
  ['part[0-9].ts', ['part1.ts'], ['parta.ts', 'part12.ts']],
  ['part[!0-9].ts', ['parta.ts'], ['part1.ts']],
  ['a?.ts', ['ab.ts'], ['a.ts', 'a/.ts']],
  ['# all of it\n\n x.ts # the old one \n', ['x.ts'], ['y.ts']],
  ['a(1).ts', ['a(1).ts'], ['a1.ts']],
]

test.each(cases)('%j ignores %j and keeps %j', (text, ignored, kept) => {
  const globs = parseFeastIgnore(text)
  expect(ignored.filter((path) => !isIgnored(path, globs))).toEqual([])
  expect(kept.filter((path) => isIgnored(path, globs))).toEqual([])
})
