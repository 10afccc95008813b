import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RecordBatch } from 'apache-arrow'
import { expect, test } from 'vitest'
import { Instant } from '../../base/instant.ts'
import { plainField } from '../../model/field.ts'
import type { LoadRequest } from '../../plugin/compute-engine.ts'
import type { OfflineStore } from '../../plugin/offline-store.ts'
import type { OnlineStore, OnlineWrite } from '../../plugin/online-store.ts'
import { fileSourceAt } from '../../testing/offline-fixture.ts'
import { tableFromRows } from '../../types/arrow.ts'
import { int64 } from '../../types/data-type.ts'
import { localComputeEngine } from './local-compute-engine.ts'

const [id, a] = [plainField('id', int64), plainField('a', int64)]
const at = Instant.fromEpochSeconds(1_700_000_000)
const request: LoadRequest = {
  view: 'v',
  pull: {
    source: fileSourceAt('rows.parquet'),
    keyColumns: ['id'],
    featureColumns: ['a'],
    timestampColumn: 'ts',
    createdColumn: null,
    start: at,
    end: at,
  },
  keys: [{ sourceColumn: 'id', field: id }],
  features: [{ sourceColumn: 'a', field: a }],
  table: { project: 'p', view: 'v', version: null, joinKeys: ['id'], features: [a] },
  keyVersion: 3,
  writeBatchSize: 10,
}

/** Batches of ten rows; after so many of them the source may fail. */
function source(batches: number, fails = false): OfflineStore & { delivered: number } {
  const store = {
    delivered: 0,
    async *pullLatest(): AsyncGenerator<RecordBatch> {
      for (let batch = 0; batch < batches; batch++) {
        const rows = Array.from({ length: 10 }, (_, row) => ({ id: BigInt(batch * 10 + row), ts: at, a: 1n }))
        store.delivered++
        yield* (await tableFromRows(rows)).batches
      }
      if (fails) throw new Error('the source fails')
    },
  }
  return store as unknown as OfflineStore & { delivered: number }
}

/** A store whose writes take until they are let go. */
class SlowStore {
  readonly begun: OnlineWrite[] = []
  done = 0
  #letGo: (() => void)[] = []

  async write(batch: OnlineWrite): Promise<{ written: number; stale: number }> {
    this.begun.push(batch)
    await new Promise<void>((resolve) => this.#letGo.push(resolve))
    this.done++
    return { written: batch.entityKeys.length, stale: 0 }
  }

  letGo(): void {
    this.#letGo.shift()?.()
  }
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await nextTurn()
}

test('while a batch is written the next one is made ready, and never two are written at once', async () => {
  const [offline, online] = [source(4), new SlowStore()]
  const told: number[] = []
  const load = localComputeEngine.load(
    request,
    { offline, online: online as unknown as OnlineStore },
    { onRows: (rows) => told.push(rows) },
  )
  await turns(50)
  expect([online.begun.length, offline.delivered]).toEqual([1, 2])
  for (let batch = 1; batch < 4; batch++) {
    online.letGo()
    await turns(50)
    expect([online.done, online.begun.length]).toEqual([batch, batch + 1])
  }
  online.letGo()
  expect(await load).toEqual({ written: 40, stale: 0, nullKeys: 0 })
  expect(told).toEqual([10, 20, 30, 40])
})

test('a load whose source fails ends when the write on its way has ended, and writes nothing after it', async () => {
  const online = new SlowStore()
  let hasEnded = false
  const load = localComputeEngine
    .load(request, { offline: source(1, true), online: online as unknown as OnlineStore })
    .finally(() => {
      hasEnded = true
    })
  load.catch(() => {})
  await turns(50)
  expect(hasEnded).toBe(false)
  online.letGo()
  await expect(load).rejects.toThrow('the source fails')
  expect(online.begun).toHaveLength(1)
})

test('a write that fails ends the load, also the last one', async () => {
  for (const batches of [1, 3]) {
    const online = { write: () => Promise.reject(new Error('the store fails')) } as unknown as OnlineStore
    await expect(localComputeEngine.load(request, { offline: source(batches), online })).rejects.toThrow(
      'the store fails',
    )
  }
})
