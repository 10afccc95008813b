import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withFileLock } from './file-lock.ts'

let path: string

beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'lock-')), 'rows.parquet')
})

afterAll(() => rm(join(path, '..'), { recursive: true }))

test('a lock keeps others of this process out until it is given back', async () => {
  const steps: string[] = []
  const work = (name: string) => async (): Promise<void> => {
    steps.push(`${name} begins`)
    await sleep(50)
    steps.push(`${name} ends`)
  }
  await Promise.all([withFileLock(path, work('a')), withFileLock(path, work('b'))])
  expect(steps.map((step) => step.split(' ')[1])).toEqual(['begins', 'ends', 'begins', 'ends'])
  expect(existsSync(`${path}.lock`)).toBe(false)
})

test.each([
  ['has the number of this one', process.pid],
  ['is not there any more', 2 ** 22 + 1],
])('the lock that a process left behind is taken over when that process %s', async (_, pid) => {
  await writeFile(`${path}.lock`, `${pid}@${hostname()}`)
  expect(await withFileLock(path, async () => 'done')).toBe('done')
})
