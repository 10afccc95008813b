import { spawnSync } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isEmptyPlan } from '../../src/registry/plan.ts'
import { apply } from '../../src/store/apply.ts'
import { plan } from '../../src/store/plan.ts'
import { teardown } from '../../src/store/teardown.ts'
import { openContext, temporaryFolder } from './context.ts'
import { steps } from './crash.ts'
import { repository, tablesIn, viewNamed } from './parts.ts'

test('a second apply leaves both files as they are, byte for byte and in their times', async () => {
  const context = await openContext({ registry: 'file' })
  const files = [context.registry.location, join(context.repoPath, 'data', 'online.db')]
  await apply(context, repository(viewNamed('stats')))
  const before = await Promise.all(files.map(async (file) => [await readFile(file), (await stat(file)).mtimeMs]))
  await apply(await openContext({ registry: 'file', repoPath: context.repoPath }), repository(viewNamed('stats')))
  const after = await Promise.all(files.map(async (file) => [await readFile(file), (await stat(file)).mtimeMs]))
  expect(after).toEqual(before)
})

test('teardown of the last project takes the registry file with it', async () => {
  const context = await openContext({ registry: 'file' })
  await apply(context, repository(viewNamed('stats')))
  expect((await teardown(context)).registryRemoved).toBe(true)
  await expect(stat(context.registry.location)).rejects.toMatchObject({ code: 'ENOENT' })
})

for (const step of steps) {
  test(`a process killed at "${step}" leaves a state from which the same apply succeeds`, async () => {
    const repoPath = await temporaryFolder()
    const context = await openContext({ registry: 'file', repoPath })
    await apply(context, repository(viewNamed('stats'), viewNamed('old')))
    const script = fileURLToPath(new URL('./killed-apply.ts', import.meta.url))
    expect(spawnSync(process.execPath, [script, repoPath, step]).signal).toBe('SIGKILL')
    const { contents } = await context.registry.load()
    for (const view of contents.featureViews) expect(tablesIn(context)).toContain(`rides_${view.name}`)
    const next = repository(viewNamed('stats'), viewNamed('new'))
    await apply(context, next)
    expect(tablesIn(context)).toEqual(['rides_new', 'rides_stats'])
    expect(isEmptyPlan(await plan(context, next))).toBe(true)
  })
}
