import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { tableFormatOption } from '../model/data-source.ts'
import { type TableFormat, TableFormatSchema } from './gen/feast/core/DataFormat_pb.ts'

type Options = Readonly<Record<string, string>>

const prefix = tableFormatOption
const propertyPrefix = `${prefix}.properties.`

/** How a lake keeps a table, as options of a Spark source. */
export function tableFormatOptions(message: TableFormat | undefined): Options {
  const format = message?.format
  if (format?.case === undefined) return {}
  const { properties, $typeName: _type, $unknown: _unknown, ...rest } = format.value
  const own = Object.entries(rest).flatMap(([name, value]) => {
    const text = String(value)
    return text === '' || value === 0n ? [] : [[`${prefix}.${name}`, text] as const]
  })
  const more = Object.entries(properties).map(([name, value]) => [`${propertyPrefix}${name}`, value] as const)
  return { [prefix]: format.case.replace('Format', ''), ...Object.fromEntries([...own, ...more]) }
}

export function tableFormatToMessage(options: Options): TableFormat | undefined {
  const format = formatOf(options)
  return format === undefined ? undefined : create(TableFormatSchema, { format })
}

function formatOf(options: Options): NonNullable<MessageInitShape<typeof TableFormatSchema>['format']> | undefined {
  const option = (name: string): string => options[`${prefix}.${name}`] ?? ''
  const properties = Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      name.startsWith(propertyPrefix) ? [[name.slice(propertyPrefix.length), value] as const] : [],
    ),
  )
  const [catalog, namespace] = [option('catalog'), option('namespace')]
  switch (options[prefix]) {
    case 'iceberg':
      return { case: 'icebergFormat', value: { catalog, namespace, properties } }
    case 'delta':
      return { case: 'deltaFormat', value: { checkpointLocation: option('checkpointLocation'), properties } }
    case 'hudi': {
      const [tableType, recordKey] = [option('tableType'), option('recordKey')]
      return {
        case: 'hudiFormat',
        value: { tableType, recordKey, precombineField: option('precombineField'), properties },
      }
    }
    case 'lance': {
      const version = BigInt(option('version') || '0')
      return { case: 'lanceFormat', value: { catalog, namespace, version, tag: option('tag'), properties } }
    }
    default:
      return undefined
  }
}
