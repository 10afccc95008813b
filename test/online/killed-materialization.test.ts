import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { Instant } from '../../src/base/instant.ts'
import { openStore } from '../../src/index.ts'
import { writeParquet } from '../write-parquet.ts'

const run = promisify(execFile)

it('a materialization that is killed has recorded nothing, and the same call completes it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'killed-'))
  const at = Instant.parse('2024-03-01T12:00:00Z') ?? Instant.fromEpochMicros(0n)
  const rows = Array.from({ length: 9 }, (_, id) => ({ id: BigInt(id), ts: at, n: BigInt(id) * 10n }))
  await writeParquet(join(folder, 'rows.parquet'), rows)
  const index = pathToFileURL(join(import.meta.dirname, '../../src/index.ts')).href
  await writeFile(
    join(folder, 'feature_store.yaml'),
    'project: killed\nregistry: registry.db\nprovider: local\nonline_store: { type: sqlite, path: online.db }\n' +
      'entity_key_serialization_version: 3\nmaterialization: { online_write_batch_size: 1 }\n',
  )
  await writeFile(
    join(folder, 'features.ts'),
    `import { entity, featureView, fileSource, int64 } from ${JSON.stringify(index)}
export const thing = entity('thing', { joinKey: 'id', type: int64 })
export const view = featureView('view', { entities: [thing], schema: { n: int64 },
  source: fileSource('rows', { path: 'rows.parquet', timestampField: 'ts' }) })
`,
  )
  const script = join(import.meta.dirname, 'killed-materialization.ts')
  await expect(run(process.execPath, [script, folder])).rejects.toMatchObject({ signal: 'SIGKILL' })

  const store = await openStore(folder)
  const read = () => store.getOnlineFeatures({ features: ['view:n'], entities: rows.map(({ id }) => ({ id })) })
  expect((await read()).statuses('n').filter((status) => status === 'PRESENT')).toHaveLength(3)
  expect((await store.contents()).featureViews[0]?.intervals).toEqual([])

  const summary = await store.materialize({ start: '2024-03-01', end: '2024-03-02' })
  expect(summary.views).toMatchObject([{ view: 'view', written: 9, stale: 0 }])
  expect((await read()).column('n')).toEqual(rows.map(({ n }) => n))
  expect((await store.refreshRegistry()).featureViews[0]?.intervals).toHaveLength(1)
  await store.close()
  await rm(folder, { recursive: true })
})
