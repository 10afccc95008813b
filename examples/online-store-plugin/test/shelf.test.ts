import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { describeOnlineStore, storeOptions } from 'feast-ts/testing'
import { openShelf } from '../src/shelf-online-store.ts'

const repoPath = mkdtempSync(join(tmpdir(), 'shelf-'))
after(() => rmSync(repoPath, { recursive: true }))

const options = storeOptions({ type: 'feast-shelf', options: { folder: 'data/shelf' } }, repoPath)

describeOnlineStore({ describe, it }, { name: 'shelf', open: () => openShelf(options), batchRows: 1000 })
