import type { Document, Node, Pair } from 'yaml'
import { type ErrorPlace, FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { ConfigSource } from './config-source.ts'
import { type ExpandedText, expandVariables } from './expand-variables.ts'

/** A configuration file after expansion and parsing. */
export interface ReadYaml {
  readonly value: unknown
  readonly source: ConfigSource
}

/**
 * Parses the text of a configuration. Duplicate keys are allowed and the last one counts, as with Python's parser.
 * @throws FTS1002 when it is not YAML; the message holds nothing of the file.
 */
export async function readYaml(
  text: string,
  from: { readonly name: string; readonly path: string | null },
  env: Readonly<Record<string, string | undefined>>,
): Promise<ReadYaml> {
  const { parseDocument } = await import('yaml')
  const expanded = expandVariables(text, env)
  const document = parseDocument(expanded.text, {
    version: '1.1',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const place = (start: number, end: number): ErrorPlace | undefined =>
    from.path === null ? undefined : placeIn(text, expanded, from.path, start, end)
  const [error] = document.errors
  if (error !== undefined) {
    throw new FeatureStoreError('FTS1002', {
      message: `${from.name} is not valid YAML.`,
      where: place(error.pos[0], error.pos[1]),
      hint: yamlHints[error.code] ?? 'not valid here',
    })
  }
  const source: ConfigSource = {
    ...from,
    placeOf: (path, part) => {
      const range = rangeOf(document, path, part)
      return range && place(range[0], range[1])
    },
  }
  return { value: document.toJS(), source }
}

/** What the commoner faults mean, in words that do not quote the file. */
const yamlHints: Readonly<Record<string, string>> = {
  BAD_INDENT: 'the indentation does not fit',
  BAD_SCALAR_START: 'put this value in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'two keys on one line, or a colon that needs quotes around the value',
  MISSING_CHAR: 'a closing quote or bracket is missing',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing after the key',
  TAB_AS_INDENT: 'indent with blanks, not with tabs',
  UNEXPECTED_TOKEN: 'not expected here',
}

type Range = readonly [number, number]

function rangeOf(document: Document, path: readonly string[], part: 'key' | 'value'): Range | undefined {
  if (path.length === 0) return undefined
  let node: unknown = document.contents
  let pair: Pair | undefined
  for (const name of path) {
    const items = (node as { items?: unknown } | null)?.items
    pair = Array.isArray(items) ? (items as Pair[]).findLast((item) => String(item.key) === name) : undefined
    if (pair === undefined) return undefined
    node = pair.value
  }
  const value = pair?.value as Node | null | undefined
  const empty = !value?.range || value.range[0] === value.range[1]
  const marked = (part === 'key' || empty ? pair?.key : value) as Node | null | undefined
  return marked?.range ? [marked.range[0], marked.range[1]] : undefined
}

function placeIn(text: string, expanded: ExpandedText, file: string, start: number, end: number): ErrorPlace {
  const from = expanded.originalOffset(start)
  const before = text.slice(0, from)
  const lineStart = before.lastIndexOf('\n') + 1
  const lineEnd = text.indexOf('\n', from)
  const stop = Math.min(Math.max(expanded.originalOffset(end), from + 1), lineEnd === -1 ? text.length : lineEnd)
  return {
    file,
    line: before.split('\n').length,
    column: from - lineStart + 1,
    length: Math.max(1, stop - from),
  }
}
