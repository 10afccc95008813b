import { type Fixture, features, yaml } from './stage.ts'

/** Uses the online store of a plug-in in the repository. */
const plugin =
  (code: string, block = 'type: ./online.ts'): Fixture =>
  async (stage) => {
    await stage.write('.feastignore', '*.ts\n!features.ts\n')
    await stage.write('online.ts', code)
    await stage.parquet()
    return (await stage.store(features, `${yaml}online_store: {${block}}\n`)).apply()
  }

const defined = (rest: string): string =>
  `import { definePlugin } from 'feast-ts/plugin'\nexport default definePlugin({ name: 'shelf', ${rest} })\n`

const shelf = "kind: 'online_store', open: async () => ({ read: async () => [], close: async () => {} })"

export const pluginFixtures: Readonly<Record<string, Fixture>> = {
  FTS8003: plugin('', 'type: "@acme/feast-shelf"'),
  FTS8004: plugin("throw new Error('the folder of the shelf is not set')\n"),
  FTS8005: plugin('export const store = { read: () => [] }\n'),
  FTS8006: plugin(
    `import { definePlugin } from 'feast-ts/plugin'
export default { ...definePlugin({ name: 'shelf', ${shelf} }), apiVersion: 99 }\n`,
  ),
  FTS8007: plugin(defined("kind: 'batch_engine', open: async () => ({})")),
  FTS8008: plugin(defined(shelf)),
}
