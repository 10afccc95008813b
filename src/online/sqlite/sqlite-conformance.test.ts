import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { describeOnlineStore } from '../../testing/online-store-conformance.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { openSqliteOnlineStore } from './sqlite-online-store.ts'

const repoPath = mkdtempSync(join(tmpdir(), 'feast-sqlite-'))
const options = testStoreOptions({ type: 'sqlite', options: { path: 'data/online.db' } }, repoPath)
afterAll(() => rmSync(repoPath, { recursive: true }))

describeOnlineStore({ describe, it }, { name: 'sqlite', open: () => openSqliteOnlineStore(options) })
