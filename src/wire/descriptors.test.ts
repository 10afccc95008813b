import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescService,
  ScalarType,
} from '@bufbuild/protobuf'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

function table(name: string): string[] {
  return readFileSync(join(root, 'proto', name), 'utf8')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
}

async function generatedFiles(): Promise<DescFile[]> {
  const paths = globSync('gen/**/*_pb.ts', { cwd: import.meta.dirname }).sort()
  const modules = await Promise.all(paths.map((path) => import(join(import.meta.dirname, path))))
  return modules.flatMap((module) =>
    Object.entries<DescFile>(module).flatMap(([name, value]) => (name.startsWith('file_feast_') ? [value] : [])),
  )
}

const typeOf = (field: DescField): string => {
  const element = (scalar: ScalarType | undefined, message?: DescMessage, enumeration?: DescEnum): string =>
    message?.typeName ?? enumeration?.typeName ?? ScalarType[scalar ?? 0]?.toLowerCase() ?? ''
  if (field.fieldKind === 'map')
    return `map<${element(field.mapKey)},${element(field.scalar, field.message, field.enum)}>`
  return element(field.scalar, field.message, field.enum)
}

function fieldRow(field: DescField, start: readonly string[], file: string): string {
  const label =
    field.fieldKind === 'map'
      ? 'map'
      : field.fieldKind === 'list'
        ? 'repeated'
        : field.proto.proto3Optional
          ? 'optional'
          : 'singular'
  const packing = field.fieldKind === 'list' && field.packed ? ';packed' : ''
  const cells = [field.name, String(field.number), typeOf(field), label, field.oneof?.name ?? '']
  return [...start, ...cells, `${field.jsonName}${packing}`, file].join('\t')
}

function rowsOf(file: DescFile): string[] {
  const path = `${file.name}.proto`
  const local = (typeName: string): string =>
    typeName.slice(file.proto.package === '' ? 0 : file.proto.package.length + 1)
  const enumRows = (type: DescEnum): string[] =>
    type.values.map((value) =>
      [file.proto.package, local(type.typeName), value.name, value.number, 'enum_value', '', '', '', path].join('\t'),
    )
  const messageRows = (type: DescMessage): string[] => {
    const start = [file.proto.package, local(type.typeName)]
    const own =
      type.fields.length === 0
        ? [[...start, '', '', 'message_without_fields', '', '', '', path].join('\t')]
        : type.fields.map((field) => fieldRow(field, start, path))
    return [...own, ...type.nestedMessages.flatMap(messageRows), ...type.nestedEnums.flatMap(enumRows)]
  }
  return [...file.messages.flatMap(messageRows), ...file.enums.flatMap(enumRows)]
}

function callRows(service: DescService): string[] {
  const packageName = service.file.proto.package
  return service.methods.map((method) =>
    [
      packageName,
      service.name,
      method.name,
      method.input.typeName,
      method.output.typeName,
      method.methodKind,
      `/${service.typeName}/${method.name}`,
      `${service.file.name}.proto`,
    ].join('\t'),
  )
}

test('the compiled descriptors hold exactly the messages, fields and enum values of the table', async () => {
  const rows = (await generatedFiles()).flatMap(rowsOf)
  expect(rows.sort()).toEqual(table('messages.tsv').sort())
})

test('the compiled descriptors hold exactly the calls of the table', async () => {
  const rows = (await generatedFiles()).flatMap((file) => file.services.flatMap(callRows))
  expect(rows.sort()).toEqual(table('services.tsv').sort())
})

test('generating the protobuf files again changes nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'generate-protos-'))
  const contents = (base: string): string[] =>
    globSync(['proto/**/*.proto', 'src/wire/gen/**/*.ts'], { cwd: base })
      .sort()
      .map((path) => `${path}\n${readFileSync(join(base, path), 'utf8')}`)
  try {
    execFileSync(process.execPath, ['scripts/generate-protos.ts', folder], { cwd: root })
    expect(contents(folder)).toEqual(contents(root))
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)
