import { type ErrorCode, errorCatalogue } from './catalogue.ts'
import type { ErrorEntry } from './error-entry.ts'

/** Where in the user's own files the fault lies. Line and column count from 1. */
export interface ErrorPlace {
  readonly file: string
  readonly line?: number
  readonly column?: number
  /** How many characters of the line are meant. */
  readonly length?: number
}

export interface FeatureStoreErrorOptions {
  /** What is wrong, where and with which value, in one sentence. Never holds a secret. */
  readonly message: string
  readonly where?: ErrorPlace | undefined
  /** What is wrong with the marked place, in a few words, such as `did you mean "conv_rate"?`. */
  readonly hint?: string | undefined
  /** Facts that help: what exists, what was expected. One line each. */
  readonly notes?: readonly string[] | undefined
  /** The field of a request or a key of the configuration that is at fault, such as `online_store.path`. */
  readonly field?: string | undefined
  readonly cause?: unknown
}

/** The one error class of the product. `code` names a row of the {@link errorCatalogue}. */
export class FeatureStoreError extends Error {
  override readonly name = 'FeatureStoreError'
  readonly code: ErrorCode
  readonly where: ErrorPlace | undefined
  readonly hint: string | undefined
  readonly notes: readonly string[]
  readonly field: string | undefined

  constructor(code: ErrorCode, options: FeatureStoreErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.where = options.where
    this.hint = options.hint
    this.notes = options.notes ?? []
    this.field = options.field
  }

  get entry(): ErrorEntry {
    return errorCatalogue[this.code]
  }

  get title(): string {
    return this.entry.title
  }

  get retryable(): boolean {
    return this.entry.retryable === true
  }

  /** The same of another field: who passes an error on may call what is at fault by another name. */
  withField(field: string): FeatureStoreError {
    const { code, message, where, hint, notes, cause } = this
    return new FeatureStoreError(code, { message, where, hint, notes, cause, field })
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return {
      code: this.code,
      title: this.title,
      message: this.message,
      ...(this.where && { where: this.where }),
      ...(this.hint !== undefined && { hint: this.hint }),
      ...(this.notes.length > 0 && { notes: this.notes }),
      ...(this.field !== undefined && { field: this.field }),
    }
  }
}
