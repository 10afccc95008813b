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

/** The options of a source that stand for a table format. */
export function tableFormatOptions(format: TableFormat | undefined): Readonly<Record<string, string>> {
  if (format === undefined) return {}
  const { kind, properties = {}, ...own } = format
  const entries = [
    ...Object.entries(own).map(([name, value]) => [`.${name}`, String(value)]),
    ...Object.entries(properties).map(([name, value]) => [`.properties.${name}`, value]),
  ]
  const named = entries.map(([name, value]) => [`${tableFormatOption}${name}`, value])
  return { [tableFormatOption]: kind, ...Object.fromEntries(named) }
}
