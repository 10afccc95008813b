import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { inProject } from '../../registry/lookup.ts'
import type { FeatureStore } from '../../store/feature-store.ts'
import { type DataType, formatDataType } from '../../types/data-type.ts'
import type { FeatureValue } from '../../types/feature-value.ts'
import { valueFromJson, valueToJsonText } from '../../types/json.ts'
import type { CommandContext } from '../command.ts'
import { type Columns, renderData, renderTable } from '../output.ts'

/** Prints column to values, as Feast does; as a table, with the status of each value and the time of its event. */
export async function run(command: CommandContext): Promise<void> {
  const store = await command.store()
  const types = await keyTypes(store)
  const pairs = command.options.list('entities').map((pair) => readPair(pair, types))
  refuseTwice(pairs.map(([name]) => name))
  const row = Object.fromEntries(pairs)
  const response = await store.getOnlineFeatures({ features: command.options.list('features'), entities: [row] })
  const { output = 'json' } = command.globals
  if (output !== 'table') {
    command.print(await renderData(response.toDict(), output))
    return
  }
  const columns = [
    ['NAME', (name) => name],
    ['VALUE', (name) => valueToJsonText(response.column(name)[0] ?? null)],
    ['STATUS', (name) => response.statuses(name)[0] ?? ''],
    ['EVENT TIMESTAMP', (name) => response.eventTimestamps(name)[0]?.toString() ?? ''],
  ] as const satisfies Columns<string>
  command.print(renderTable(response.names, columns, command.terminal.stdout))
}

/** One entity row is read; of two values for one key, one would be dropped in silence. */
function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice === undefined) return
  throw new FeatureStoreError('FTS1103', {
    message: `--entities gives "${twice}" twice; this command reads one row.`,
    notes: ['run it once per row'],
    field: '--entities',
  })
}

/** Types of join keys and of request inputs, by column. */
async function keyTypes(store: FeatureStore): Promise<ReadonlyMap<string, DataType>> {
  const contents = inProject(await store.contents(), store.project)
  const views = [...contents.featureViews, ...contents.streamFeatureViews]
  const inputs = contents.dataSources.flatMap((source) => (source.kind === 'request' ? source.schema : []))
  return new Map([
    ...inputs.map((field) => [field.name, field.type] as const),
    ...contents.entities.map((entity) => [entity.joinKey, entity.type] as const),
    ...views.flatMap((view) => view.entityColumns.map((field) => [field.name, field.type] as const)),
  ])
}

function readPair(pair: string, types: ReadonlyMap<string, DataType>): readonly [string, FeatureValue] {
  const at = pair.indexOf('=')
  if (at < 1) {
    throw new FeatureStoreError('FTS1103', {
      message: `"${pair}" is not an entity value.`,
      notes: ['write --entities key=value'],
      field: '--entities',
    })
  }
  const [name, text] = [pair.slice(0, at), pair.slice(at + 1)]
  const type = types.get(name)
  if (type === undefined) return [name, text]
  return [name, typedValue(name, text, type)]
}

/** Types whose text is not JSON already. */
const textual: ReadonlySet<string> = new Set([
  'string',
  'bytes',
  'unixTimestamp',
  'uuid',
  'timeUuid',
  'decimal',
  'json',
])

function typedValue(name: string, text: string, type: DataType): FeatureValue {
  const isText = type.kind === 'scalar' && textual.has(type.name)
  const isInteger = type.kind === 'scalar' && /^int/.test(type.name) && /^-?\d+$/.test(text)
  try {
    return isInteger && type.name === 'int64' ? BigInt(text) : valueFromJson(isText ? text : JSON.parse(text), type)
  } catch (cause) {
    throw new FeatureStoreError('FTS1103', {
      message: `The value "${text}" of ${name} is not of its type, ${formatDataType(type)}.`,
      field: '--entities',
      cause,
    })
  }
}
