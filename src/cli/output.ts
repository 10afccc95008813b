import type { Output } from './terminal.ts'
import { paint } from './terminal.ts'

export const outputFormats = ['table', 'json', 'yaml'] as const
export type OutputFormat = (typeof outputFormats)[number]

/** Columns of a table: heading and cell, in order. */
export type Columns<Row> = readonly (readonly [heading: string, cell: (row: Row) => string])[]

/** Columns padded to their widest cell and set two blanks apart; the headings alone when there are no rows. */
export function renderTable<Row>(rows: readonly Row[], columns: Columns<Row>, output: Output): string {
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row).replaceAll(/\s*\n\s*/g, ' ')))
  const headings = columns.map(([heading]) => heading)
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...cells.map((line) => line[index]?.length ?? 0)),
  )
  const line = (parts: readonly string[]): string =>
    parts
      .map((part, index) => part.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  return [paint(output, 'bold', line(headings)), ...cells.map(line)].join('\n')
}

/** JSON or YAML of plain data. 64-bit integers become numbers when that is exact, else text; times become ISO text. */
export async function renderData(value: unknown, format: 'json' | 'yaml'): Promise<string> {
  const json = JSON.stringify(value, plain, 2)
  if (format === 'json') return json
  const { stringify } = await import('yaml')
  return stringify(JSON.parse(json), { version: '1.1', lineWidth: 0, indentSeq: false, singleQuote: true }).trimEnd()
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Map) return Object.fromEntries(value)
  return value
}
