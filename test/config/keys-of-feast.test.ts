import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isMapping } from '../../src/config/check-keys.ts'
import type { ConfigKey, Keys } from '../../src/config/config-key.ts'
import { topLevelKeys } from '../../src/config/feature-store-keys.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { type StoreKind, storeTypes } from '../../src/config/store-types.ts'

/**
 * The keys of `feature_store.yaml` in Feast 0.67.0: block, type, key (nested ones with points), what it takes, and the
 * default as JSON (`required`, `none`, or `unrecorded` where it is a constant of a driver).
 */
const table = readFileSync(join(import.meta.dirname, 'keys-of-feast.tsv'), 'utf8')
const rows = table
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [block = '', type = '', key = '', takes = '', standard = ''] = line.split('\t')
    return { block, type, key, takes, standard }
  })
type Row = (typeof rows)[number]

const groups = [...Map.groupBy(rows, ({ block, type }) => `${block} ${type}`.trim())].map(
  ([name, all]) => [name === '' ? 'the top level' : name, all.filter(({ key }) => key !== '')] as const,
)

/** Values of each kind of key. */
const samples: Readonly<Record<string, unknown>> = {
  text: 'x',
  integer: 3,
  number: 1.5,
  flag: true,
  list: [1],
  map: { a: 'b' },
  any: { a: 1 },
}

/** Blocks whose own keys are checked, with what they need. */
const blocks: Readonly<Record<string, unknown>> = {
  auth: { type: 'basic', config: {} },
  routing: { read_dc: 'a', write_dc: 'b' },
  load_balancing: { load_balancing_policy: 'RoundRobin' },
}

function sampleOf({ key, takes }: Row): unknown {
  if (takes.startsWith('choice:')) return takes.slice('choice:'.length).split(',')[0]
  return takes === 'block' ? blocks[key] : samples[takes]
}

function nested(path: string, value: unknown): Record<string, unknown> {
  const [name = '', ...rest] = path.split('.')
  return { [name]: rest.length === 0 ? value : nested(rest.join('.'), value) }
}

function merged(a: unknown, b: unknown): unknown {
  if (!isMapping(a) || !isMapping(b)) return b
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  const both = [a, b]
  return Object.fromEntries(
    names.map((name) => [name, both.flatMap((each) => (Object.hasOwn(each, name) ? [each[name]] : [])).reduce(merged)]),
  )
}

/** A configuration with these keys written. */
function configWith(written: readonly Row[]): Readonly<Record<string, unknown>> {
  const [first] = written
  const body = written.map((row) => nested(row.key, sampleOf(row))).reduce(merged, {})
  const least = { project: 'p', registry: 'r.db' }
  if (first === undefined || first.block === '') return merged(least, body) as Readonly<Record<string, unknown>>
  const selector = first.block === 'registry' ? 'registry_type' : 'type'
  return { ...least, [first.block]: { [selector]: first.type, ...(body as object) } }
}

function knownKeys(all: readonly Row[]): Keys {
  const [first] = all
  if (first === undefined || first.block === '') return topLevelKeys
  return storeTypes[first.block as StoreKind][first.type]?.keys ?? {}
}

function keyAt(keys: Keys, path: string): ConfigKey | undefined {
  const [name = '', ...rest] = path.split('.')
  const found = keys[name]
  return rest.length === 0 ? found : keyAt(found?.keys ?? {}, rest.join('.'))
}

describe.each(groups)('of %s', (_, all) => {
  test('every key is known, with the default that Feast has', () => {
    const ours = all.map(({ key }) => {
      const known = keyAt(knownKeys(all), key)
      const standard = known?.required ? 'required' : known?.default === undefined ? 'none' : known.default
      return { key, known: known !== undefined, standard }
    })
    const theirs = all.map(({ key, standard }, index) => {
      const plain = standard === 'required' || standard === 'none'
      const value: unknown = standard === 'unrecorded' ? ours[index]?.standard : plain ? standard : JSON.parse(standard)
      return { key, known: true, standard: value }
    })
    expect(ours).toEqual(theirs)
  })

  test('all of them may be written at once, and each without those that are not required', () => {
    const required = all.filter(({ standard }) => standard === 'required')
    expect(() => parseConfig(configWith(all))).not.toThrow()
    for (const row of all) expect(() => parseConfig(configWith([...required, row])), row.key).not.toThrow()
  })

  test('a value of another kind is refused', () => {
    for (const row of all.filter(({ takes }) => takes !== 'any')) {
      const wrong = row.takes === 'list' || row.takes === 'map' || row.takes === 'block' ? 'text' : [1]
      const faulty = merged(
        configWith(all),
        row.block === '' ? nested(row.key, wrong) : { [row.block]: nested(row.key, wrong) },
      )
      expect(() => parseConfig(faulty), row.key).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^FTS100/) }),
      )
    }
  })
})

test('every type that is known is in the table', () => {
  const known = Object.entries(storeTypes).flatMap(([kind, types]) =>
    Object.keys(types).map((type) => `${kind} ${type}`),
  )
  const listed = new Set(rows.map(({ block, type }) => `${block} ${type}`))
  const withoutKeys = ['auth no_auth', 'offline_store file', 'offline_store dask', 'batch_engine local']
  expect(known.filter((each) => !listed.has(each) && !withoutKeys.includes(each))).toEqual([])
})
