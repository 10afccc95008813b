/** Puts the settings of servers into `docs/serving.md`, from the tables that `feature_store.yaml` is checked against. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ConfigKey, Keys } from '../src/config/config-key.ts'
import { topLevelKeys } from '../src/config/feature-store-keys.ts'

const path = fileURLToPath(new URL('../docs/serving.md', import.meta.url))
const [begin, end] = ['<!-- settings: made by scripts/generate-serving.ts; do not edit -->', '<!-- end of settings -->']

/** What of Feast's own block has an effect here. */
const ofFeast = /^(offline_push_batching_|metrics\.enabled$)/

interface Row {
  readonly name: string
  readonly key: ConfigKey
}

/** Every key that holds a value, by its path. */
function* rowsOf(keys: Keys, prefix = ''): Generator<Row> {
  for (const [name, key] of Object.entries(keys)) {
    if (key.keys === undefined) yield { name: prefix + name, key }
    else yield* rowsOf(key.keys, `${prefix}${name}.`)
  }
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function row(block: string, { name, key }: Row): string {
  const kind = key.choices === undefined ? key.kind : key.choices.map((choice) => `\`${choice}\``).join(', ')
  const standard = key.default === undefined || key.default === null ? '' : `\`${String(key.default)}\``
  return line([`\`${block}.${name}\``, kind, standard, key.doc.replace(/^ours: /, '')])
}

const ours = [...rowsOf(topLevelKeys.serving.keys ?? {})]
const known = new Set(ours.map(({ name }) => name))
const feasts = [...rowsOf(topLevelKeys.feature_server.keys ?? {})].filter(
  ({ name }) => ofFeast.test(name) && !known.has(name),
)

const table = [
  line(['key', 'value', 'default', 'meaning']),
  line(['---', '---', '---', '---']),
  ...ours.map((each) => row('serving', each)),
  ...feasts.map((each) => row('feature_server', each)),
].join('\n')

const page = readFileSync(path, 'utf8')
const [before, after] = [page.indexOf(begin), page.indexOf(end)]
if (before === -1 || after < before) throw new Error(`${path} has no place for the settings`)
writeFileSync(path, `${page.slice(0, before)}${begin}\n\n${table}\n\n${page.slice(after)}`)
