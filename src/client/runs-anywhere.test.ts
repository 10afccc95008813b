import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const source = resolve(import.meta.dirname, '..')

/** What a module imports when it runs; types are gone by then. */
function importsOf(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8')
  const statements = text.matchAll(/^(?:import|export)\b(?!\s+type\b)([^'"]*?\bfrom\s*)?['"]([^'"]+)['"]/gm)
  const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)
  const isUsed = (names = ''): boolean => !/^\s*\{(\s*type\s[^,}]+,?)+\s*\}/.test(names)
  return [
    ...[...statements].filter(([, names]) => isUsed(names)).map(([, , from]) => from ?? ''),
    ...[...dynamic].map(([, from]) => from ?? ''),
  ]
}

/** Every module that the client consists of. */
function modulesFrom(path: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return seen
  seen.add(path)
  for (const from of importsOf(path)) {
    if (from.startsWith('.')) modulesFrom(join(dirname(path), from), seen)
    else seen.add(from)
  }
  return seen
}

const modules = [...modulesFrom(join(source, 'client/index.ts'))]

it('the client imports its own few files only: no Node module and no package', () => {
  expect(modules.map((path) => path.replace(`${source}/`, '')).sort()).toEqual([
    'base/instant.ts',
    'base/unless-aborted.ts',
    'client/client-error.ts',
    'client/feast-client.ts',
    'client/features-response.ts',
    'client/http-transport.ts',
    'client/index.ts',
    'client/json-values.ts',
    'client/requested-features.ts',
    'types/exact-json.ts',
    'types/zoned-time.ts',
  ])
})

it.each(modules)('%s uses nothing that only Node has', (path) => {
  const code = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  expect(code).not.toMatch(/\b(Buffer|process|setImmediate|require|__dirname|global)\b(?!['"])/)
})

it('the search for imports finds what is there', () => {
  const found = importsOf(join(source, 'serve/state-files.ts'))
  expect(found).toContain('node:path')
  expect(found).not.toContain('node:sqlite')
})
