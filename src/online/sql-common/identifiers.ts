import type { OnlineTable } from '../../plugin/online-store.ts'

/** One table per view, or per version of it where versions have tables of their own. */
export function tableName(table: OnlineTable): string {
  const version = table.version !== null && table.version > 0 ? `_v${table.version}` : ''
  return `${table.project}_${table.view}${version}`
}

/** An identifier that is always quoted: in double quotes, as the standard has it, or in MySQL's back quotes. */
export function quoteIdentifier(name: string, quote: '"' | '`' = '"'): string {
  return quote + name.replaceAll(quote, quote + quote) + quote
}

/** A text literal of standard SQL, where a backslash is a character like others. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
