import { tableFormatOption } from '../model/data-source.ts'

/** How a lake keeps a table. */
export type TableFormat = { readonly properties?: Readonly<Record<string, string>> } & (
  | { readonly kind: 'iceberg'; readonly catalog?: string; readonly namespace?: string }
  | { readonly kind: 'delta'; readonly checkpointLocation?: string }
  | {
      readonly kind: 'hudi'
      readonly tableType?: string
      readonly recordKey?: string
      readonly precombineField?: string
    }
  | {
      readonly kind: 'lance'
      readonly catalog?: string
      readonly namespace?: string
      readonly version?: number
      readonly tag?: string
    }
)

/** Engines read the settings of a format as properties, so Feast stores each of them a second time under these names. */
const propertyNames: Readonly<Record<TableFormat['kind'], Readonly<Record<string, string>>>> = {
  iceberg: { catalog: 'iceberg.catalog', namespace: 'iceberg.namespace' },
  delta: { checkpointLocation: 'delta.checkpointLocation' },
  hudi: {
    tableType: 'hoodie.datasource.write.table.type',
    recordKey: 'hoodie.datasource.write.recordkey.field',
    precombineField: 'hoodie.datasource.write.precombine.field',
  },
  lance: { catalog: 'lance.catalog', namespace: 'lance.namespace', version: 'lance.version', tag: 'lance.tag' },
}

/** The options of a source that stand for a table format. */
export function tableFormatOptions(format: TableFormat | undefined): Readonly<Record<string, string>> {
  if (format === undefined) return {}
  const { kind, properties = {}, ...settings } = format
  const own = Object.entries(settings).map(([name, value]) => [name, String(value)] as const)
  const repeated = own.flatMap(([name, value]) => {
    const property = propertyNames[kind][name]
    return property === undefined || value === '' ? [] : [[property, value] as const]
  })
  const entries = [
    ...own.map(([name, value]) => [`.${name}`, value]),
    ...[...Object.entries(properties), ...repeated].map(([name, value]) => [`.properties.${name}`, value]),
  ]
  const named = entries.map(([name, value]) => [`${tableFormatOption}${name}`, value])
  return { [tableFormatOption]: kind, ...Object.fromEntries(named) }
}
