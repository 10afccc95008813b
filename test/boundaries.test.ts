import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Faults planted in a copy of the tree, each in a file of its own, and the rule that must name it. */
const faults: readonly (readonly [rule: string, file: string, text: string])[] = [
  [
    'layer-base',
    'src/base/planted-below.ts',
    "import { int64 } from '../types/data-type.ts'\nexport const x: unknown = int64\n",
  ],
  [
    'layer-model',
    'src/model/planted.ts',
    "import type { StoreOptions } from '../plugin/store-options.ts'\nexport type X = StoreOptions\n",
  ],
  ['layer-define', 'src/define/planted.ts', "import type { X } from '../store/store-context.ts'\nexport type Y = X\n"],
  ['layer-store', 'src/store/planted.ts', "export const x = async (): Promise<unknown> => import('../cli/main.ts')\n"],
  ['layer-cli', 'src/cli/commands/planted.ts', "export * from '../../serve/limits.ts'\n"],
  [
    'server-commands-only-serve',
    'src/cli/commands/listen.ts',
    "export const x = async (): Promise<unknown> => import('../../client/planted-too.ts')\n",
  ],
  [
    'store-names-no-concrete-store',
    'src/store/planted-concrete.ts',
    "export const x = async (): Promise<unknown> => import('../online/sqlite/sqlite-online-store.ts')\n",
  ],
  [
    'no-sibling-online',
    'src/online/memory/planted.ts',
    "import type { X } from '../sqlite/sqlite-online-store.ts'\nexport type Y = X\n",
  ],
  ['generated-types-stay-in-wire', 'src/registry/planted.ts', "export * from '../wire/gen/feast/core/Entity_pb.ts'\n"],
  ['no-testing-in-product', 'src/cli/planted.ts', "export * from '../testing/index.ts'\n"],
  [
    'heavy-packages-load-late',
    'src/offline/duckdb/planted.ts',
    "import * as duckdb from '@duckdb/node-api'\nexport const x: unknown = duckdb\n",
  ],
  ['no-cycles', 'src/base/planted.ts', "export { y } from './planted-too.ts'\nexport const x = 1\n"],
]

let copy: string

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'boundaries-'))
  for (const part of ['src', 'tools/dependency-rules.cjs', 'tsconfig.json', 'package.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  symlinkSync(join(root, 'tools', 'node_modules'), join(copy, 'tools', 'node_modules'))
})

afterAll(() => rmSync(copy, { recursive: true, force: true }))

function violations(): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      'tools/node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config',
      'tools/dependency-rules.cjs',
      'src',
    ],
    { cwd: copy, encoding: 'utf8' },
  )
  return { status, output: stdout + stderr }
}

describe('the layer boundaries', () => {
  test('hold in the tree as it is', () => {
    expect(violations()).toMatchObject({ status: 0 })
  })

  test('are seen by the tool: each planted fault is named by its rule', () => {
    writeFileSync(join(copy, 'src/base/planted-too.ts'), "export { x } from './planted.ts'\nexport const y = 2\n")
    mkdirSync(join(copy, 'src/client'), { recursive: true })
    writeFileSync(join(copy, 'src/client/planted-too.ts'), 'export const z = 3\n')
    for (const [, file, text] of faults) {
      mkdirSync(dirname(join(copy, file)), { recursive: true })
      writeFileSync(join(copy, file), text)
    }
    const { status, output } = violations()
    expect(status).not.toBe(0)
    // A cycle is told from one of its files, with the others below it.
    const told = output.split('error ')
    const unseen = faults.filter(([rule, file]) => !told.some((it) => it.startsWith(`${rule}: `) && it.includes(file)))
    expect(unseen.map(([rule]) => rule)).toEqual([])
  })
})
