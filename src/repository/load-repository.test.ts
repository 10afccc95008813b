import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadRepository } from './load-repository.ts'

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'feast-ts-repository-')))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** What a Node.js process of its own finds, which is how the command line loads a repository. */
function loadInNode(program = ''): Loaded {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const load = `
    import { writeFileSync } from 'node:fs'
    import { loadRepository } from './src/repository/load-repository.ts'
    const folder = ${JSON.stringify(folder)}
    const names = (found) => Object.fromEntries(Object.entries(found).flatMap(([kind, list]) =>
      Array.isArray(list) && list.length > 0 ? [[kind, list.map((each) => each.name)]] : []))
    try {
      const found = await loadRepository(folder)
      const result = names(found)
      ${program}
      console.log(JSON.stringify({ names: result }))
    } catch (error) {
      console.log(JSON.stringify({ error: { ...error.toJSON?.(), message: error.message } }))
    }`
  // Without the condition "source": the definitions must find the running copy by themselves.
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', load], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Loaded
}

interface Loaded {
  readonly names?: unknown
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly where: {
      readonly file: string
      readonly line?: number
      readonly column?: number
      readonly length?: number
    }
    readonly hint?: string
  }
}

/** Code, place as `file:line:column+length`, and hint of the error that a repository is refused with. */
function refusal(): readonly unknown[] {
  const { error } = loadInNode()
  const { file = '', line, column, length } = error?.where ?? {}
  return [error?.code, `${relative(folder, file)}:${line}:${column}+${length}`, error?.hint]
}

const entities = "import { entity, int64 } from 'feast-ts'\nexport const driver = entity('driver', { type: int64 })\n"

describe('a repository', () => {
  test('is everything exported by its files, in order of files and lines, with what it was made from', () => {
    write({
      'a/views.ts': `import { featureService, featureView, fileSource } from 'feast-ts'
        import { driver } from '../b.mts'
        const source = fileSource('inner', { path: 'x' })
        export const zebra = featureView('zebra', { entities: [driver], source })
        export const ant: unknown = featureView('ant', { source })
        export default [featureService('in_list', [zebra])]
        export const byName = { one: featureService('in_object', ['ant']) }
        export const notOne = { deep: { featureService } }, nothing = null, selection = zebra.withName('z')`,
      'b.mts': entities,
      'c.js': "import { project } from 'feast-ts'\nexport const p = project('rides')\n",
    })
    expect(loadInNode().names).toEqual({
      projects: ['rides'],
      entities: ['driver'],
      dataSources: ['inner'],
      featureViews: ['zebra', 'ant'],
      featureServices: ['in_list', 'in_object'],
    })
  })

  test('leaves out tests, declarations, tools, dot folders and what .feastignore names', () => {
    const bad = "throw new Error('loaded')"
    write({
      'entities.ts': entities,
      'entities.test.ts': bad,
      'types.d.ts': bad,
      'vitest.config.ts': bad,
      'node_modules/x/index.js': bad,
      '.cache/a.js': bad,
      'dist/a.js': bad,
      'features.py': bad,
      'test-workflow.ts': bad,
      'lab/deep/a.ts': bad,
      '.feastignore': 'test-workflow.ts # a script\n**/deep\n',
    })
    expect(loadInNode().names).toEqual({ entities: ['driver'] })
  })

  test('shares one copy of a file that several files import', () => {
    write({
      'a.ts': "export { driver } from './z.ts'\n",
      'z.ts': entities,
    })
    expect(loadInNode().names).toEqual({ entities: ['driver'] })
  })

  test('can be loaded anew after a change, with the files that it imports', () => {
    write({ 'a.ts': "export { driver } from './z.ts'\n", 'z.ts': entities })
    const program = `
      writeFileSync(folder + '/z.ts', ${JSON.stringify(entities.replace("'driver'", "'chauffeur'"))})
      result.cached = (await loadRepository(folder)).entities[0] === found.entities[0]
      result.fresh = names(await loadRepository(folder, { fresh: true }))`
    expect(loadInNode(program).names).toEqual({
      entities: ['driver'],
      cached: true,
      fresh: { entities: ['chauffeur'] },
    })
  })

  test('may be empty', () => {
    expect(loadInNode().names).toEqual({})
  })

  test('loads inside a test runner as well', async () => {
    write({ 'entities.ts': entities })
    const found = await loadRepository(folder)
    expect(found.entities).toMatchObject([{ name: 'driver', joinKey: 'driver' }])
    const [driver] = found.entities
    expect(found.places.get(driver ?? {})).toMatchObject({ file: join(folder, 'entities.ts'), line: 2 })
  })
})

describe('an error of a definition file names its place', () => {
  test('TypeScript syntax', () => {
    write({ 'a.ts': 'const a = 1\nexport const b = a +* 2\n' })
    expect(refusal()).toEqual(['FTS2202', 'a.ts:2:21+1', undefined])
  })

  test('TypeScript that Node.js cannot strip', () => {
    write({ 'a.ts': "import './b.ts'\n", 'b.ts': 'export const a: number = 1\n\nenum X { A }\n' })
    expect(refusal()).toEqual(['FTS2202', 'b.ts:3:1+12', undefined])
  })

  test('JavaScript syntax, in a file that another one imports', () => {
    write({ 'a.js': "import './b.mjs'\n", 'b.mjs': 'const a = 1\n  export const b = a +* 2\n' })
    expect(refusal()).toEqual(['FTS2202', 'b.mjs:2:23+1', undefined])
  })

  test('what a file throws', () => {
    write({ 'a.ts': '\nexport const b: number = (null as any).foo\n' })
    const { error } = loadInNode()
    expect(error).toMatchObject({ code: 'FTS2201', where: { file: join(folder, 'a.ts'), line: 2, column: 40 } })
    expect(error?.message).toBe("TypeError: Cannot read properties of null (reading 'foo')")
  })

  test('what is thrown and is no error', () => {
    write({ 'a.ts': "throw 'no'" })
    expect(loadInNode().error).toMatchObject({ code: 'FTS2201', message: `${join(folder, 'a.ts')} threw no.` })
  })

  test('a definition that is refused', () => {
    write({
      'a.ts': `${entities}import { featureView, fileSource, string } from 'feast-ts'
export const view = featureView('view', {
  entities: [driver],
  schema: { driver: string },
  source: fileSource('f', { path: 'x' }),
})
`,
    })
    expect(refusal()).toEqual(['FTS2004', 'a.ts:6:13+6', 'expected Int64'])
  })

  test('an unknown feature in a selection', () => {
    write({
      'a.ts': `import { featureView, fileSource, float32 } from 'feast-ts'
const view = featureView('view', { schema: { conv_rate: float32 }, source: fileSource('f', { path: 'x' }) })
export const part = view.select('conv_rat' as 'conv_rate')
`,
    })
    expect(refusal()).toEqual(['FTS2104', 'a.ts:3:34+8', 'did you mean "conv_rate"?'])
  })

  test('two definitions with one name, in two files', () => {
    write({
      'a.ts': entities,
      'b/c.ts': `\n${entities.replace('int64 }', 'int64, string }').replace('type: int64', 'type: string')}`,
    })
    const { error } = loadInNode()
    expect(refusal()).toEqual(['FTS2006', 'b/c.ts:3:31+6', undefined])
    expect(error).toMatchObject({ notes: [`the first one stands in ${join(folder, 'a.ts')}:2`] })
  })

  test('files that import each other in a circle', () => {
    write({
      'a.ts': "import { b } from './b.ts'\nexport const a = 1\nconsole.error(b)\n",
      'b.ts': "import { a } from './a.ts'\nexport const b = a + 1\n",
    })
    expect(refusal()).toEqual(['FTS2203', 'b.ts:2:18+undefined', undefined])
  })

  test('an import without its extension', () => {
    write({ 'a.ts': "\nimport { driver } from './entities'\nexport { driver }\n", 'entities.ts': entities })
    expect(refusal()).toEqual(['FTS2204', 'a.ts:2:25+10', 'did you mean "./entities.ts"?'])
  })

  test('an import of a file or package with nearly that name', () => {
    write({ 'a.ts': "import { driver } from './entites.ts'\nexport { driver }\n", 'entities.ts': entities })
    expect(refusal()).toEqual(['FTS2204', 'a.ts:1:25+12', 'did you mean "./entities.ts"?'])
    write({ 'a.ts': "import { entity } from 'feast-t'\n" })
    expect(refusal()).toEqual(['FTS2204', 'a.ts:1:25+7', 'did you mean "feast-ts"?'])
  })

  test('a name of the package that is misspelt or not imported', () => {
    write({ 'a.ts': "import { entiti } from 'feast-ts'\nexport const driver = entiti('driver', {})\n" })
    expect(refusal()).toEqual(['FTS2204', 'a.ts:1:10+6', 'did you mean "entity"?'])
    write({ 'a.ts': "import { entity } from 'feast-ts'\nexport const driver = entity('driver', { type: Int64 })\n" })
    expect(refusal()).toEqual(['FTS2201', 'a.ts:2:48+undefined', 'did you mean "int64"?'])
    write({ 'a.ts': "export const driver = entity('driver')\n" })
    expect(refusal()).toEqual(['FTS2201', 'a.ts:1:23+undefined', 'import it from "feast-ts"'])
  })

  test('in a folder with blanks and brackets', () => {
    write({ 'my (old) lab/ä.ts': '\nexport const b: number = (null as any).foo\n' })
    expect(refusal().slice(0, 2)).toEqual(['FTS2201', 'my (old) lab/ä.ts:2:40+undefined'])
  })

  test('a package that is not installed', () => {
    write({ 'a.ts': "import 'not-there'\n" })
    expect(refusal()).toEqual(['FTS2204', 'a.ts:1:9+9', undefined])
  })

  test('a name that a file does not export', () => {
    write({ 'a.ts': "import { drivr } from './entities.ts'\nexport { drivr }\n", 'entities.ts': entities })
    expect(refusal()).toEqual(['FTS2204', 'a.ts:1:10+5', 'did you mean "driver"?'])
  })

  test('a folder that is not there', async () => {
    await expect(loadRepository(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'FTS2205' })
  })
})
