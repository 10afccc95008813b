/**
 * Writes our own `.proto` files from the tables `proto/messages.tsv` and `proto/services.tsv`, which list every field,
 * enum value and call of Feast's wire format, and compiles them into `src/wire/gen`, with those of `proto/grpc`, which
 * are written by hand. Running it again changes nothing.
 * An argument names another folder to write below, for the test that compares.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface FieldRow {
  readonly package: string
  readonly message: string
  readonly name: string
  readonly number: string
  readonly type: string
  readonly label: string
  readonly oneof: string
  readonly jsonName: string
  readonly packed: boolean
  readonly file: string
}

interface CallRow {
  readonly package: string
  readonly service: string
  readonly name: string
  readonly request: string
  readonly response: string
  readonly streaming: string
  readonly file: string
}

/** A message or enum of one file, with those that are nested in it. */
interface TypeNode {
  readonly name: string
  readonly rows: FieldRow[]
  readonly nested: Map<string, TypeNode>
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const numericTypes = new Set(['bool', 'double', 'float', 'int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64'])
const enumValue = 'enum_value'
const noFields = 'message_without_fields'

function readTable(name: string): string[][] {
  const lines = readFileSync(join(root, 'proto', name), 'utf8')
    .split('\n')
    .slice(1)
  return lines.filter((line) => line !== '').map((line) => line.split('\t'))
}

function readFields(): FieldRow[] {
  return readTable('messages.tsv').map((cells) => {
    const cell = (index: number): string => cells[index] ?? ''
    const [jsonName = '', packing] = cell(7).split(';')
    return {
      package: cell(0),
      message: cell(1),
      name: cell(2),
      number: cell(3),
      type: cell(4),
      label: cell(5),
      oneof: cell(6),
      jsonName,
      packed: packing === 'packed',
      file: cell(8),
    }
  })
}

function readCalls(): CallRow[] {
  return readTable('services.tsv').map((cells) => {
    const cell = (index: number): string => cells[index] ?? ''
    return {
      package: cell(0),
      service: cell(1),
      name: cell(2),
      request: cell(3),
      response: cell(4),
      streaming: cell(5),
      file: cell(7),
    }
  })
}

const fields = readFields()
const calls = readCalls()
const enumNames = new Set(
  fields.filter((row) => row.type === enumValue).map((row) => qualified(row.package, row.message)),
)
const fileOfType = new Map(fields.map((row) => [qualified(row.package, row.message), row.file]))

function qualified(packageName: string, name: string): string {
  return packageName === '' ? name : `${packageName}.${name}`
}

/** The named types that a type text mentions: itself, or the value type of a map. */
function namedTypes(type: string): string[] {
  return (type.startsWith('map<') ? type.slice(4, -1).split(',') : [type]).filter(
    (part) => part.includes('.') || fileOfType.has(part),
  )
}

function typeText(type: string): string {
  const absolute = (name: string): string => (namedTypes(name).length > 0 ? `.${name}` : name)
  if (!type.startsWith('map<')) return absolute(type)
  const [key = '', value = ''] = type.slice(4, -1).split(',')
  return `map<${key}, ${absolute(value)}>`
}

function importsOf(file: string): string[] {
  const types = [
    ...fields.filter((row) => row.file === file).flatMap((row) => namedTypes(row.type)),
    ...calls.filter((row) => row.file === file).flatMap((row) => [row.request, row.response]),
  ]
  const imported = types.map((type) => fileOfType.get(type) ?? wellKnownFile(type))
  return [...new Set(imported)].filter((name) => name !== file).sort()
}

function wellKnownFile(type: string): string {
  const files: Readonly<Record<string, string>> = {
    'google.protobuf.Duration': 'google/protobuf/duration.proto',
    'google.protobuf.Empty': 'google/protobuf/empty.proto',
    'google.protobuf.StringValue': 'google/protobuf/wrappers.proto',
    'google.protobuf.Timestamp': 'google/protobuf/timestamp.proto',
  }
  const file = files[type]
  if (file === undefined) throw new Error(`proto/messages.tsv names the type ${type}, which no file defines`)
  return file
}

function typeTree(rows: readonly FieldRow[]): Map<string, TypeNode> {
  const top = new Map<string, TypeNode>()
  for (const row of rows) {
    let level = top
    let node: TypeNode | undefined
    for (const part of row.message.split('.')) {
      node = level.get(part) ?? { name: part, rows: [], nested: new Map() }
      level.set(part, node)
      level = node.nested
    }
    if (row.type !== noFields) node?.rows.push(row)
  }
  return top
}

function defaultJsonName(name: string): string {
  return name.replaceAll(/_([a-z0-9])/gi, (_match, letter: string) => letter.toUpperCase())
}

function fieldLine(row: FieldRow): string {
  const label = row.label === 'repeated' || row.label === 'optional' ? `${row.label} ` : ''
  const packable = row.label === 'repeated' && (numericTypes.has(row.type) || enumNames.has(row.type))
  const options = [
    ...(packable && !row.packed ? ['packed = false'] : []),
    ...(defaultJsonName(row.name) === row.jsonName ? [] : [`json_name = "${row.jsonName}"`]),
  ]
  const suffix = options.length === 0 ? '' : ` [${options.join(', ')}]`
  return `${label}${typeText(row.type)} ${row.name} = ${row.number}${suffix};`
}

function typeLines(node: TypeNode): string[] {
  const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)
  if (node.rows[0]?.type === enumValue) {
    return [`enum ${node.name} {`, ...indented(node.rows.map((row) => `${row.name} = ${row.number};`)), '}']
  }
  const body = [...node.nested.values()].flatMap(typeLines)
  const written = new Set<string>()
  for (const row of node.rows) {
    if (row.oneof === '') body.push(fieldLine(row))
    else if (!written.has(row.oneof)) {
      written.add(row.oneof)
      const members = node.rows.filter((other) => other.oneof === row.oneof)
      body.push(`oneof ${row.oneof} {`, ...indented(members.map(fieldLine)), '}')
    }
  }
  return [`message ${node.name} {`, ...indented(body), '}']
}

function serviceLines(file: string): string[] {
  const ofFile = calls.filter((row) => row.file === file)
  return [...new Set(ofFile.map((row) => row.service))].flatMap((service) => [
    '',
    `service ${service} {`,
    ...ofFile
      .filter((row) => row.service === service)
      .map((row) => {
        const stream = row.streaming === 'unary' ? '' : 'stream '
        return `  rpc ${row.name}(${stream}${typeText(row.request)}) returns (${stream}${typeText(row.response)});`
      }),
    '}',
  ])
}

function protoText(file: string): string {
  const rows = fields.filter((row) => row.file === file)
  const packageName = rows[0]?.package ?? calls.find((row) => row.file === file)?.package ?? ''
  const imports = importsOf(file)
  const lines = [
    '// Written by scripts/generate-protos.ts from the tables in this folder. Change those, not this file.',
    'syntax = "proto3";',
    ...(packageName === '' ? [] : ['', `package ${packageName};`]),
    ...(imports.length === 0 ? [] : ['', ...imports.map((name) => `import "${name}";`)]),
    ...[...typeTree(rows).values()].flatMap((node) => ['', ...typeLines(node)]),
    ...serviceLines(file),
  ]
  return `${lines.join('\n')}\n`
}

/** Brings a folder to what another holds, touching only files that differ: others may be reading it. */
function mirror(from: string, to: string): void {
  const files = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|proto)$/.test(name))
      : []
  const made = new Set(files(from))
  for (const name of files(to)) if (!made.has(name)) rmSync(join(to, name))
  for (const name of made) {
    const text = readFileSync(join(from, name), 'utf8')
    if (existsSync(join(to, name)) && readFileSync(join(to, name), 'utf8') === text) continue
    mkdirSync(dirname(join(to, name)), { recursive: true })
    writeFileSync(join(to, name), text)
  }
}

const output = process.argv[2] ?? root
const folder = mkdtempSync(join(tmpdir(), 'feast-protos-'))
try {
  for (const file of new Set([...fields, ...calls].map((row) => row.file))) {
    const path = join(folder, 'proto', file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, protoText(file))
  }
  cpSync(join(root, 'proto/grpc'), join(folder, 'proto/grpc'), { recursive: true })
  const buf = join(root, 'node_modules/.bin/buf')
  execFileSync(buf, ['generate', join(folder, 'proto'), '--output', folder], { cwd: root, stdio: 'inherit' })
  for (const part of ['proto/feast', 'proto/grpc', 'src/wire/gen']) mirror(join(folder, part), join(output, part))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
