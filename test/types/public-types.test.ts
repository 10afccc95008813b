import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

function compile(config: string, ...options: readonly string[]): string {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false', ...options], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return stdout
}

/** The errors, also of the configuration; faults of the sources themselves are what `npm run check` reports. */
function errorsIn(output: string): readonly string[] {
  return output.split('\n').filter((line) => /(^|: )error TS\d+/.test(line) && !line.startsWith('src/'))
}

test('what is typed compiles, and a wrong feature, a missing key or a wrong key type does not', () => {
  expect(errorsIn(compile(join(root, 'test/types/tsconfig.json')))).toEqual([])
})

/** Views of 20 features, a service of all of them, and a read of that service. */
function repositoryOf(views: number): string {
  const numbers = Array.from({ length: views }, (_, index) => index)
  const view = (index: number): string => {
    const columns = Array.from(
      { length: 20 },
      (_, column) => `v${index}_f${column}: ${column % 2 ? 'float32' : 'int64'}`,
    )
    return `const v${index} = featureView('view_${index}', {
      entities: [driver],
      ttl: days(1),
      schema: { ${columns.join(', ')} },
      source: fileSource('source_${index}', { path: 'data/${index}.parquet', timestampField: 'event_timestamp' }),
    })`
  }
  return `import { days, entity, type EntityRow, featureService, featureView, fileSource, float32, int64, type FeatureRequest, type OnlineRow } from 'feast-ts'
    declare function online<const F extends FeatureRequest>(features: F, rows: readonly EntityRow<F>[]): OnlineRow<F>
    const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
    ${numbers.map(view).join('\n')}
    const all = featureService('all', [${numbers.map((index) => `v${index}`).join(', ')}])
    export const last: bigint | null = online(all, [{ driver_id: 1 }]).v${views - 1}_f0
    // @ts-expect-error the key is missing
    online(all, [{}])`
}

/** What the compiler says of a file of definitions, as `repository.mts(line,column): error …`, and more as it is asked. */
function compileRepository(text: string, ...options: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'feast-ts-types-'))
  try {
    writeFileSync(join(folder, 'repository.mts'), text)
    const compilerOptions = {
      paths: { 'feast-ts': [join(root, 'src/index.ts')] },
      typeRoots: [join(root, 'node_modules/@types')],
    }
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['repository.mts'], exclude: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    return compile(join(folder, 'tsconfig.json'), ...options).split('\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** How many types the compiler instantiates: the same on every machine, unlike its time. */
function instantiations(views: number): number {
  const output = compileRepository(repositoryOf(views), '--extendedDiagnostics')
  expect(output.filter((line) => line.includes('repository.mts('))).toEqual([])
  return Number(/Instantiations:\s*(\d+)/.exec(output.join('\n'))?.[1])
}

test('the compiler names the column of a row that is at fault', () => {
  const read = (row: string): string => `store.getOnlineFeatures({ features: [fare], entities: [${row}] })`
  const output =
    compileRepository(`import { entity, featureView, fileSource, type FeatureStore, float64, int64, onDemandFeatureView, requestSource } from 'feast-ts'
    declare const store: FeatureStore
    const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
    const stats = featureView('stats', { entities: [driver], schema: { rate: float64 }, source: fileSource('s', { path: 'x' }) })
    const trip = requestSource('trip', { km: float64 })
    const fare = onDemandFeatureView('fare', {
      sources: { stats, trip }, schema: { price: float64 }, transform: ({ trip }) => ({ price: trip.km }),
    })
    ${[read('{ driver_id: 1n }'), read("{ driver_id: 'x', km: 1 }"), read('{ drivr_id: 1, km: 1 }')].join('\n')}
  `)
  const errors = output.flatMap((line) => /repository\.mts.*: error TS\d+: (.+)/.exec(line)?.[1] ?? [])
  const row = '{ readonly driver_id: number | bigint; readonly km: number; }'
  expect(errors).toEqual([
    `Property 'km' is missing in type '{ driver_id: bigint; }' but required in type '${row}'.`,
    "Type 'string' is not assignable to type 'number | bigint'.",
    `Object literal may only specify known properties, but 'drivr_id' does not exist in type '${row}'. Did you mean to write 'driver_id'?`,
  ])
})

test('500 views of 20 features, and a read of all, stay within the budget for type checks', {
  timeout: 120_000,
}, () => {
  const perView = (instantiations(500) - instantiations(1)) / 499
  // 288 when this was written; what grows with the square of the views or of the features is far above the budget.
  expect(perView).toBeGreaterThan(20)
  expect(perView).toBeLessThan(600)
})
