import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fromUnchangedFiles } from './unchanged-files.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'feast-files-'))
  file = join(folder, 'a')
  await writeFile(file, 'old')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function replace(text: string): Promise<void> {
  await writeFile(join(folder, 'b'), text)
  await rename(join(folder, 'b'), file)
}

/** Reads the file, and after it does something else to it, so many times. */
function reader(disturb: () => Promise<void>, times: number): { readonly deliver: () => Promise<readonly string[]> } {
  let left = times
  async function* read(files: readonly string[]): AsyncIterable<string> {
    const [path = ''] = files
    const text = await readFile(path, 'utf8')
    if (left-- > 0) await disturb()
    yield text
    yield 'end'
  }
  return {
    deliver: async () => {
      const delivered: string[] = []
      const texts = fromUnchangedFiles(() => Promise.resolve([file]), read, 'data source "s"')
      for await (const text of texts) delivered.push(text)
      return delivered
    },
  }
}

test('files that stay as they are are read once', async () => {
  expect(await reader(async () => {}, 1).deliver()).toEqual(['old', 'end'])
})

test('what was read of a file that is replaced meanwhile is not delivered', async () => {
  expect(await reader(() => replace('new'), 1).deliver()).toEqual(['new', 'end'])
})

test('an error that comes of the replacement is not one', async () => {
  const fail = async (): Promise<void> => {
    await replace('new')
    throw new Error('the footer is elsewhere')
  }
  expect(await reader(fail, 2).deliver()).toEqual(['new', 'end'])
})

test('any other error is', async () => {
  const fail = (): Promise<void> => Promise.reject(new Error('no column'))
  await expect(reader(fail, 1).deliver()).rejects.toThrow('no column')
})

test('a file that is rewritten every time ends in an error that names it', async () => {
  let count = 0
  const always = reader(() => replace(`${'x'.repeat(++count)}`), Number.POSITIVE_INFINITY)
  await expect(always.deliver()).rejects.toMatchObject({ code: 'FTS4015', notes: [file] })
  expect(count).toBe(5)
})
