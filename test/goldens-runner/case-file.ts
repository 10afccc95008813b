import { readGoldenJson } from './golden-json.ts'

/** A `case.json` of the offline goldens. Its README says what each part means. */
export interface GoldenCase {
  readonly id: string
  readonly rule: string
  readonly notes: string
  readonly tolerance: Tolerance
  readonly store_config: Readonly<Record<string, unknown>>
  readonly definitions: CaseDefinitions
  readonly dataframes: Readonly<Record<string, { readonly json?: string; readonly parquet?: string }>>
  readonly steps: readonly GoldenStep[]
}

export interface Tolerance {
  readonly row_order?: string
  readonly any_tied_row?: boolean
  readonly ignore_columns?: readonly string[]
  readonly implicit_dependency_columns?: string
  readonly ignore_event_ts_of_views?: readonly string[]
}

export interface CaseDefinitions {
  readonly project: string
  readonly entities: readonly {
    readonly name: string
    readonly join_keys: readonly string[]
    readonly value_type: string | null
  }[]
  readonly sources: readonly CaseSource[]
  readonly views: readonly CaseView[]
  readonly services: readonly CaseService[]
}

export interface CaseSource {
  readonly name: string
  readonly type: string
  readonly path?: string
  readonly timestamp_field?: string | null
  readonly created_timestamp_column?: string | null
  readonly field_mapping?: Readonly<Record<string, string>>
  readonly batch_source?: string
  readonly schema?: readonly CaseField[]
}

export interface CaseField {
  readonly name: string
  readonly dtype: string
}

export interface CaseView {
  readonly kind: string
  readonly name: string
  readonly entities?: readonly string[]
  readonly source?: string
  readonly ttl_seconds?: number | null
  readonly schema?: readonly CaseField[] | null
  readonly enabled?: boolean
  readonly online?: boolean
  readonly offline?: boolean
  readonly timestamp_field?: string
  readonly aggregations?: readonly CaseAggregation[]
  readonly mode?: string
  readonly singleton?: boolean
  readonly sources?: readonly string[]
  readonly outputs?: readonly CaseOutput[]
  readonly write_to_online_store?: boolean
}

export interface CaseAggregation {
  readonly column: string
  readonly function: string
  readonly name?: string
  readonly time_window_seconds?: number
}

/** One output of an on-demand function: an operation over columns or literals; null in gives null out. */
export interface CaseOutput {
  readonly name: string
  readonly op: string
  readonly args: readonly (string | { readonly lit: number })[]
}

export interface CaseService {
  readonly name: string
  readonly features: readonly {
    readonly view: string
    readonly alias?: string
    readonly join_key_map?: Readonly<Record<string, string>>
    readonly select?: readonly string[]
  }[]
  readonly logging?: { readonly path: string; readonly partition_by: readonly string[] | null }
}

export interface GoldenStep {
  readonly request: StepRequest
  readonly result: Readonly<Record<string, StepResult>>
  readonly agreement: { readonly level?: string; readonly column_order_same?: boolean }
  readonly canonical: string
}

export interface StepRequest {
  readonly op: string
  readonly dump?: boolean
  readonly entity_df?: string | null | { readonly sql: string }
  readonly features?: readonly string[] | { readonly service: string }
  readonly full_feature_names?: boolean
  readonly filter_by_created_timestamp?: boolean
  readonly start_date?: string
  readonly end_date?: string
  readonly start?: string
  readonly end?: string
  readonly views?: readonly string[]
  readonly disable_event_timestamp?: boolean
  readonly view?: string
  readonly join_keys?: readonly string[]
  readonly timestamp_field?: string
  readonly created?: string | null
  readonly name?: string
  readonly path?: string
  readonly allow_overwrite?: boolean
  readonly df?: string
  readonly push_source?: string
  readonly to?: string
  readonly reorder_columns?: boolean
  readonly service?: string
}

export interface StepResult {
  readonly status: 'ok' | 'error' | 'not_run'
  readonly error?: { readonly class: string; readonly module: string; readonly message: string }
  readonly json?: string
  readonly parquet?: string
  readonly rows?: number
  readonly applied?: unknown
  readonly online_rows?: readonly OnlineRow[] | { readonly same_as: string }
  readonly intervals?: Readonly<Record<string, readonly (readonly [IntervalBound, IntervalBound])[]>>
  readonly dataset?: Readonly<Record<string, unknown>>
  readonly path_kind?: string
  readonly log_schema?: readonly (readonly [string, string])[]
  readonly n_files?: number
  readonly files?: readonly string[]
}

export type IntervalBound = string | { readonly relative: string }

/** A row of the online store: one feature of one entity. */
export interface OnlineRow {
  readonly view: string
  readonly entity_key: Readonly<Record<string, { readonly type: string; readonly value: unknown }>>
  readonly feature: string
  /** The case of the stored value; null for an unset value. */
  readonly value_type: string | null
  readonly value: unknown
  readonly event_ts: string | null
  readonly created_ts: string | null
}

export function readCase(path: string): GoldenCase {
  return readGoldenJson(path) as unknown as GoldenCase
}
