import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { inProject } from '../../registry/lookup.ts'
import type { FeatureStore } from '../../store/feature-store.ts'
import { type DataType, formatDataType } from '../../types/data-type.ts'
import type { FeatureRow, FeatureValue } from '../../types/feature-value.ts'
import { valueFromJson } from '../../types/json.ts'
import type { CommandContext } from '../command.ts'
import { type Columns, renderData, renderTable } from '../output.ts'
import { valueCell } from '../value-cell.ts'

/** Prints column to values, as Feast does; as a table, with the status of each value and the time of its event. */
export async function run(command: CommandContext): Promise<void> {
  const store = await command.store()
  const types = await keyTypes(store)
  const pairs = command.options.list('entities').map((pair) => readPair(pair, types))
  const response = await store.getOnlineFeatures({
    features: command.options.list('features'),
    entities: entityRows(pairs),
  })
  const { output = 'json' } = command.globals
  if (output !== 'table') {
    command.print(await renderData(response.toDict(), output))
    return
  }
  const columns = [
    ['NAME', ({ name }) => name],
    ['VALUE', ({ name, row }) => valueCell(response.column(name)[row] ?? null)],
    ['STATUS', ({ name, row }) => response.statuses(name)[row] ?? ''],
    ['EVENT TIMESTAMP', ({ name, row }) => response.eventTimestamps(name)[row]?.toString() ?? ''],
  ] as const satisfies Columns<{ name: string; row: number }>
  const lines = response.rows().flatMap((_, row) => response.names.map((name) => ({ name, row })))
  command.print(renderTable(lines, columns, command.terminal.stdout))
}

/** The first values of all names are the first row, as in Feast, which drops the values that others lack in silence. */
function entityRows(pairs: readonly (readonly [string, FeatureValue])[]): readonly FeatureRow[] {
  const columns = Map.groupBy(pairs, ([name]) => name)
  const counts = new Set([...columns.values()].map((values) => values.length))
  if (counts.size > 1) {
    const given = [...columns].map(([name, values]) => `${name} has ${values.length}`)
    throw new FeatureStoreError('FTS1103', {
      message: `--entities gives unequal numbers of values: ${given.join(', ')}.`,
      notes: ['give as many values of every name as there are rows'],
      field: '--entities',
    })
  }
  const [count = 0] = counts
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries([...columns].map(([name, values]) => [name, values[row]?.[1] ?? null])),
  )
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
