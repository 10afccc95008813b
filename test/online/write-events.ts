// A process of its own: writes the events named on the command line, one batch each, to one SQLite online store.
import { plainField } from '../../src/model/field.ts'
import { openSqliteOnlineStore } from '../../src/online/sqlite/sqlite-online-store.ts'
import type { OnlineTable } from '../../src/plugin/online-store.ts'
import { testStoreOptions } from '../../src/testing/store-options.ts'
import { string } from '../../src/types/data-type.ts'
import { serializeEntityKey } from '../../src/types/entity-key.ts'
import { encodeValue } from '../../src/types/value-codec.ts'

const [folder, keyCount, ...events] = process.argv.slice(2)
if (folder === undefined) throw new Error('write-events.ts FOLDER KEYS EVENT…')
const table: OnlineTable = {
  project: 'processes',
  view: 'v',
  version: null,
  joinKeys: ['id'],
  features: ['a', 'b'].map((name) => plainField(name, string)),
}

const store = await openSqliteOnlineStore(testStoreOptions({ type: 'sqlite', options: {} }, folder))
await store.update({ keep: [table], drop: [] })
const ids = Array.from({ length: Number(keyCount) }, (_, id) => id)
const entityKeys = ids.map((id) => serializeEntityKey(['id'], [{ kind: 'int64', value: BigInt(id) }], 3))
for (const event of events) {
  const micros = BigInt(Number(event) * 1_000_000)
  await store.write({
    table,
    entityKeys,
    values: table.features.map(({ name, type }) => ids.map((id) => encodeValue(`${name} of ${id} at ${event}`, type))),
    eventMicros: ids.map(() => micros),
    createdMicros: ids.map(() => null),
  })
}
await store.close()
