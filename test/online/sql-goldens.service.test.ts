import { join } from 'node:path'
import { expect, it } from 'vitest'
import { plainField } from '../../src/model/field.ts'
import { openMysqlOnlineStore } from '../../src/online/mysql/mysql-online-store.ts'
import { openPostgresOnlineStore } from '../../src/online/postgres/postgres-online-store.ts'
import { cellBytes, eventMicrosOf } from '../../src/plugin/online-cells.ts'
import type { OnlineStore, OnlineTable } from '../../src/plugin/online-store.ts'
import type { StoreOptions } from '../../src/plugin/store-options.ts'
import { testStoreOptions } from '../../src/testing/store-options.ts'
import { bytes, string } from '../../src/types/data-type.ts'
import { valueKind } from '../../src/types/value-codec.ts'
import { readGoldenJson } from '../goldens-runner/golden-json.ts'
import { mysqlGolden } from '../goldens-runner/wire/mysql-golden.ts'
import { postgresGolden } from '../goldens-runner/wire/postgres-golden.ts'
import type { GoldenRow, GoldenServer, GoldenState, StoreGolden } from '../goldens-runner/wire/store-golden.ts'
import { describeService } from '../services/describe-service.ts'
import type { ServiceName } from '../services/programs.ts'

const project = 'wire_main'

const goldens: readonly (readonly [
  name: string,
  needs: ServiceName,
  golden: StoreGolden,
  open: (options: StoreOptions) => Promise<OnlineStore>,
  /** What is kept of times. */
  precisionMicros: bigint,
])[] = [
  ['postgres', 'postgres', postgresGolden, openPostgresOnlineStore, 1n],
  ['mysql', 'mariadb', mysqlGolden, openMysqlOnlineStore, 1_000_000n],
]

/** The tables that the rows are of; a feature is a text when one of its values is. */
function tablesOf(rows: readonly GoldenRow[]): readonly OnlineTable[] {
  return [...Map.groupBy(rows, (row) => row.view)].map(([view, own]) => {
    const isText = (name: string): boolean =>
      own.some(({ values }) => valueKind(values.get(name) ?? new Uint8Array(0)) === 'string_val')
    const features = [...new Set(own.flatMap(({ values }) => [...values.keys()]))]
    return {
      project,
      view,
      version: null,
      joinKeys: [],
      features: features.map((name) => plainField(name, isText(name) ? string : bytes)),
    }
  })
}

for (const [name, needs, golden, open, precisionMicros] of goldens) {
  const start = async (): Promise<GoldenServer> => {
    const server = await golden.start()
    if (server === undefined) throw new Error(`${name} is not installed`)
    return server
  }
  describeService(needs, start, (server) => {
    const storeOf = (): Promise<OnlineStore> => {
      const { type, ...options } = server().onlineStore
      return open(testStoreOptions({ type, options }, '/nowhere'))
    }
    const state = (): GoldenState => {
      const content = readGoldenJson(join(import.meta.dirname, `../goldens/wire/${name}.json`))
      const [first] = golden.states(content, { project, entityKeys: [] })
      if (first === undefined) throw new Error('the golden is empty')
      return first
    }

    it(`what Feast wrote to ${name} is read, every value and time of it, in one call`, async () => {
      const recorded = state()
      await golden.clear(recorded, server())
      await golden.load(recorded, server())
      expect([...(await golden.dump(recorded, server()))].toSorted()).toEqual([...recorded.recorded].toSorted())
      const store = await storeOf()
      const reads = tablesOf(recorded.rows).map((table) => ({
        table,
        features: table.features.map((feature) => feature.name),
        entityKeys: recorded.rows.filter((row) => row.view === table.view).map((row) => row.entityKey),
      }))
      const answers = await store.read(reads)
      await store.close()
      let seen = 0
      for (const [index, { table, features }] of reads.entries()) {
        const cells = answers[index]
        if (cells === undefined) throw new Error('no answer')
        for (const [at, row] of recorded.rows.filter(({ view }) => view === table.view).entries()) {
          expect(eventMicrosOf(cells, at)).toBe(row.eventMicros - (row.eventMicros % precisionMicros))
          for (const [feature, featureName] of features.entries()) {
            const stored = cellBytes(cells, at, feature)
            expect(stored && Buffer.from(stored).toString('hex'), `${table.view} ${featureName}`).toBe(
              hexOf(row.values.get(featureName)),
            )
            seen++
          }
        }
      }
      expect(seen).toBeGreaterThan(300)
    })

    it(`what we write to ${name} is, table by table and byte by byte, what Feast writes`, async () => {
      const recorded = state()
      await golden.clear(recorded, server())
      const store = await storeOf()
      const tables = tablesOf(recorded.rows)
      await store.update({ keep: tables, drop: [] })
      for (const table of tables) {
        const own = recorded.rows.filter((row) => row.view === table.view)
        const summary = await store.write({
          table,
          entityKeys: own.map((row) => row.entityKey),
          values: table.features.map((feature) =>
            own.map(({ values }) => values.get(feature.name) ?? new Uint8Array(0)),
          ),
          eventMicros: own.map((row) => row.eventMicros),
          createdMicros: own.map((row) => row.createdMicros),
        })
        expect(summary).toEqual({ written: own.length, stale: 0 })
      }
      const written = await golden.dump(recorded, server())
      expect([...written].toSorted()).toEqual([...recorded.recorded].toSorted())
      await store.teardown(tables)
      expect([...(await golden.dump(recorded, server())).keys()]).toEqual([])
      await store.close()
    })
  })
}

const hexOf = (value: Uint8Array | undefined): string | null =>
  value === undefined ? null : Buffer.from(value).toString('hex')
