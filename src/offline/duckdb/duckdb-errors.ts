import type { ErrorCode } from '../../base/errors/catalogue.ts'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'

/** What DuckDB's words mean, first match wins. */
const translations: readonly { readonly pattern: RegExp; readonly code: ErrorCode; readonly message: string }[] = [
  { pattern: /No files found that match/, code: 'FTS4002', message: 'A source file does not exist.' },
  {
    pattern: /No magic bytes|Invalid Input Error:.*parquet|too small to be a Parquet/i,
    code: 'FTS4003',
    message: 'A source file is not Parquet.',
  },
  {
    pattern: /TProtocolException|Prefetch registered for bytes outside file/,
    code: 'FTS4003',
    message: 'A source file is damaged, or was rewritten while it was read.',
  },
  { pattern: /Out of Memory Error/, code: 'FTS4021', message: 'The query needs more memory than the limit allows.' },
]

/** The driver's error as one of ours; other errors pass as they are. */
export function translateDuckdbError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof FeatureStoreError || !isDuckdbError(error)) return error
  const known = translations.find(({ pattern }) => pattern.test(error.message))
  const notes = [firstLine(error.message)]
  if (known !== undefined) return new FeatureStoreError(known.code, { message: known.message, notes, cause: error })
  return new FeatureStoreError('FTS4022', { message: 'DuckDB refused the query.', notes, cause: error })
}

/** Its errors are plain ones whose text begins with a kind, such as `Binder Error:` or `Out of Memory Error:`. */
const isDuckdbError = (error: Error): boolean => /^[A-Z][A-Za-z-]* (?:[A-Za-z-]+ )*Error: /.test(error.message)

const firstLine = (message: string): string => message.split('\n', 1)[0] ?? message
