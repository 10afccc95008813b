import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '../../src/config/parse-config.ts'
import { onlineStores } from '../../src/plugin/catalogue.ts'

describe('docs/online-stores.md', () => {
  let page: string
  beforeAll(async () => {
    page = await readFile(new URL('../../docs/online-stores.md', import.meta.url), 'utf8')
  })

  test('has a chapter for every store, and none for what is no store', () => {
    const chapters = [...page.matchAll(/^## (\w+)$/gm)].map(([, type]) => type)
    expect(chapters).toEqual(Object.keys(onlineStores))
  })

  test('says in its matrix what the stores declare', async () => {
    const header = page.match(/^\| {2}\| (.+) \|$/m)?.[1] ?? ''
    const columns = header.split(' | ').map((cell) => /\[(.+)\]/.exec(cell)?.[1])
    const expiry = page.match(/^\| rows expire by themselves \| (.+) \|$/m)?.[1]?.split(' | ')
    const declared = await Promise.all(
      columns.map(async (type) => (await onlineStores[type ?? '']?.load())?.capabilities.keyTtl),
    )
    expect(expiry).toEqual(declared.map((can) => (can === true ? 'yes' : 'no')))
  })

  test('shows configurations that can be used', () => {
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text ?? '') as object)
    expect(blocks.length).toBe(Object.keys(onlineStores).length + 1)
    const types = blocks.map((block) => parseConfig({ project: 'p', registry: 'r.db', ...block }).onlineStore?.type)
    expect(types).toEqual([...Object.keys(onlineStores), './stores/shelf.ts'])
  })

  test('explains the limits of each store', () => {
    const chapters = page.split(/^## /m).filter((chapter) => Object.hasOwn(onlineStores, chapter.split('\n')[0] ?? ''))
    expect(chapters.length).toBe(Object.keys(onlineStores).length)
    for (const chapter of chapters) expect(chapter, chapter).toContain('**Limits')
  })
})
