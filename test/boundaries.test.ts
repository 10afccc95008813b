import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Faults planted in a copy of the tree, each in a file of its own, and the rule that must name it. */
const faults: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['layer-base', 'src/base/planted-below.ts', type('../types/data-type.ts')],
  ['layer-types', 'src/types/planted.ts', type('../model/entity.ts')],
  ['layer-model', 'src/model/planted.ts', type('../plugin/store-options.ts')],
  ['layer-wire', 'src/wire/planted.ts', type('../config/parse-config.ts')],
  ['layer-define', 'src/define/planted.ts', type('../store/store-context.ts')],
  ['layer-config', 'src/config/planted.ts', late('../wire/registry.ts')],
  ['layer-plugin', 'src/plugin/planted.ts', late('../registry/lookup.ts')],
  ['layer-sql', 'src/sql/planted.ts', type('../transform/run-on-demand.ts')],
  ['layer-transform', 'src/transform/planted.ts', type('../sql/row-order.ts')],
  ['layer-registry', 'src/registry/planted-beside.ts', late('../online/memory/memory-online-store.ts')],
  ['layer-repository', 'src/repository/planted.ts', late('../registry/lookup.ts')],
  ['layer-online', 'src/online/memory/planted-beside.ts', late('../../offline/duckdb/duckdb-offline-store.ts')],
  ['layer-offline', 'src/offline/duckdb/planted-beside.ts', late('../../online/memory/memory-online-store.ts')],
  ['layer-compute', 'src/compute/local/planted-above.ts', type('../../store/store-context.ts')],
  ['layer-store', 'src/store/planted.ts', late('../cli/main.ts')],
  ['layer-serve', 'src/serve/planted.ts', late('../cli/main.ts')],
  ['layer-cli', 'src/cli/commands/planted.ts', again('../../serve/limits.ts')],
  ['layer-client', 'src/client/planted.ts', late('../serve/limits.ts')],
  ['server-commands-only-serve', 'src/cli/commands/listen.ts', late('../../client/planted-too.ts')],
  ['catalogue-imports-stores-lazily', 'src/plugin/catalogue.ts', again('../online/memory/memory-online-store.ts')],
  ['store-names-no-concrete-store', 'src/store/planted-concrete.ts', late('../online/sqlite/sqlite-online-store.ts')],
  ['no-sibling-online', 'src/online/memory/planted.ts', type('../sqlite/sqlite-online-store.ts')],
  ['no-sibling-offline', 'src/offline/planted/planted.ts', late('../duckdb/duckdb-offline-store.ts')],
  ['no-sibling-compute', 'src/compute/planted/planted.ts', late('../local/local-compute-engine.ts')],
  ['no-sibling-registry', 'src/registry/planted/planted.ts', late('../file/file-registry-store.ts')],
  ['generated-types-stay-in-wire', 'src/registry/planted.ts', again('../wire/gen/feast/core/Entity_pb.ts')],
  ['no-testing-in-product', 'src/cli/planted.ts', again('../testing/index.ts')],
  ['heavy-packages-load-late', 'src/offline/duckdb/planted.ts', again('@duckdb/node-api')],
  ['no-cycles', 'src/base/planted.ts', "export { y } from './planted-too.ts'\nexport const x = 1\n"],
]

/** The three ways to import: a type alone, when it is needed, and at once. */
function type(from: string): string {
  return `import type * as planted from '${from}'\nexport type X = typeof planted\n`
}

function late(from: string): string {
  return `export const x = async (): Promise<unknown> => import('${from}')\n`
}

function again(from: string): string {
  return `export * from '${from}'\n`
}

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

/** The names of all rules. */
function rules(): readonly string[] {
  const { forbidden } = createRequire(import.meta.url)(join(root, 'tools/dependency-rules.cjs')) as {
    readonly forbidden: readonly { readonly name: string }[]
  }
  return forbidden.map(({ name }) => name)
}

describe('the layer boundaries', () => {
  test('have a fault for each of their rules', () => {
    expect(faults.map(([rule]) => rule).toSorted()).toEqual(rules().toSorted())
  })

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
