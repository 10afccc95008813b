import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ErrorCode } from '../base/errors/catalogue.ts'
import {
  type ErrorPlace,
  FeatureStoreError,
  type FeatureStoreErrorOptions,
} from '../base/errors/feature-store-error.ts'

/** Where a function was called. Cheap to take: the text is made only when an error needs the place. */
export interface CallSite {
  readonly stack?: string
}

/** The caller of `callee`, which must be running. */
// biome-ignore lint/complexity/noBannedTypes: the parameter of Error.captureStackTrace
export function callSite(callee: Function): CallSite {
  const site: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 1
  Error.captureStackTrace(site, callee)
  Error.stackTraceLimit = limit
  return site
}

/** The file, line and column of a call site; undefined when it is not in a file. */
export function placeOfSite(site: CallSite): ErrorPlace | undefined {
  return placeInStack(site.stack ?? '')
}

/** The first place in the text of a stack that lies in a file, and not in one that is left out or inside Node.js. */
export function placeInStack(stack: string, isLeftOut = (_file: string): boolean => false): ErrorPlace | undefined {
  for (const line of stack.split('\n')) {
    const match = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:[\\/])[^<>]*?):(\d+):(\d+)\)?$/.exec(line.trimEnd())
    if (match?.[1] === undefined || isLeftOut(filePath(match[1]))) continue
    return { file: filePath(match[1]), line: Number(match[2]), column: Number(match[3]) }
  }
  return undefined
}

/** A path from a path or `file:` URL, without the query that a re-import adds. */
export function filePath(location: string): string {
  if (!location.startsWith('file://')) return location
  const url = new URL(location)
  url.search = ''
  url.hash = ''
  return fileURLToPath(url)
}

/** How many lines below a call its arguments are looked for. */
const searchedLines = 60

/**
 * The place of a name that is written in a call: as a string or as a key of an object. The place of the call itself
 * when the name is not found there or the file cannot be read.
 */
export function placeOfName(call: ErrorPlace, name: string): ErrorPlace {
  let lines: readonly string[]
  try {
    lines = readFileSync(call.file, 'utf8').split('\n')
  } catch {
    return call
  }
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = new RegExp(`(?<=(['"\`]))${escaped}(?=\\1)|(?<![\\w$'"\`.])${escaped}(?=\\s*[:,}])`)
  const first = (call.line ?? 1) - 1
  for (let index = first; index < Math.min(lines.length, first + searchedLines); index++) {
    const from = index === first ? (call.column ?? 1) - 1 : 0
    const found = pattern.exec((lines[index] ?? '').slice(from))
    if (found !== null) return { ...call, line: index + 1, column: from + found.index + 1, length: name.length }
  }
  return call
}

/** An error about a definition. `mark` is the name in the call that is at fault. */
export function definitionError(
  code: ErrorCode,
  site: CallSite,
  options: Omit<FeatureStoreErrorOptions, 'where'> & { readonly mark?: string | undefined },
): FeatureStoreError {
  const { mark, ...rest } = options
  const place = placeOfSite(site)
  const where = place !== undefined && mark !== undefined && mark !== '' ? placeOfName(place, mark) : place
  return new FeatureStoreError(code, { ...rest, where })
}
