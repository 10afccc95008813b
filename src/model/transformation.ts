import type { FeatureRow, FeatureValue } from '../types/feature-value.ts'

/** A function kept in the registry. Bodies are opaque bytes that are never evaluated from a registry by default. */
export interface Transformation {
  /**
   * `typescript` is ours; `pandas`, `python`, `substrait` and others are Feast's and are kept byte for byte. Ours is
   * stored in another form, which Python can load: see `typescript-transformation.ts`.
   */
  readonly mode: string
  readonly name: string
  readonly body: Uint8Array
  /** The source text, where there is one. */
  readonly bodyText: string
}

/** Columns of equal length by name. */
export type FeatureColumns = Readonly<Record<string, readonly FeatureValue[]>>

/**
 * A live on-demand function, over one row or over whole columns of each source (by the source's name in the
 * definition). It stands only on definitions from the user's own files, never on what a registry holds.
 */
export type OnDemandFunction =
  | { readonly over: 'rows'; readonly run: (sources: Readonly<Record<string, FeatureRow>>) => FeatureRow }
  | { readonly over: 'columns'; readonly run: (sources: Readonly<Record<string, FeatureColumns>>) => FeatureColumns }
