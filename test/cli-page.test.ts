import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { commandTable } from '../src/cli/command-table.ts'
import { parseArguments } from '../src/cli/program.ts'

const page = readFileSync(new URL('../docs/cli.md', import.meta.url), 'utf8')

/** The commands of the page, each with its examples. */
const chapters = page
  .split(/^### `feast /m)
  .slice(1)
  .map((chapter) => ({
    path: chapter.slice(0, chapter.indexOf('`')),
    examples: [...(/```sh\n([\s\S]*?)```/.exec(chapter)?.[1]?.matchAll(/^feast (.*)$/gm) ?? [])].map(
      ([, line = '']) => line,
    ),
  }))

/** The words that a shell makes of a line, up to where it sends the output. */
const wordsOf = (line: string): readonly string[] =>
  [...line.replace(/ >.*/, '').matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)

describe('docs/cli.md', () => {
  test('has every command', () => {
    expect(chapters.map(({ path }) => path).toSorted()).toEqual(commandTable.map(({ path }) => path).toSorted())
  })

  test.each(chapters)('shows for `feast $path` lines that are understood', async ({ path, examples }) => {
    expect(examples.length).toBeGreaterThan(1)
    const terminal = {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      stdin: new PassThrough(),
      env: {},
      cwd: '.',
    }
    for (const example of examples) {
      const { row } = await parseArguments(wordsOf(example), terminal)
      expect(row.path, example).toBe(path)
    }
  })
})
