import type { Instant } from '../base/instant.ts'
import type { FeatureService } from '../model/feature-service.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import type { FeatureItem, ItemsOfService } from './feature-service.ts'
import type { AnyColumns, FeaturesOfAll, Flat, Input, KeysOfAll, NoColumns, RequestOfAll } from './row-types.ts'

/** What features are asked for: a feature service, or views, selections and references such as `view:feature`. */
export type FeatureRequest = FeatureService | readonly FeatureItem[]

type ItemOf<F> = F extends readonly (infer I)[] ? I : ItemsOfService<F>[number]

/** What a caller may give where the type of a column is not known. */
type AnyInput = FeatureValue | Date | undefined

/** Lets rows have more columns when a reference hides what is needed. */
type OpenFor<I> = Extract<I, string> extends never ? NoColumns : { readonly [column: string]: AnyInput }

type Inputs<Columns> = { readonly [C in keyof Columns]: Input<Columns[C]> }

/**
 * A row that finds features in an online read: every join key (under the column that `withJoinKeyMap` gave it) and every
 * request value. 64-bit integers may be safe numbers, times may be `Date` or ISO text.
 */
export type EntityRow<F> = Flat<Inputs<KeysOfAll<ItemOf<F>>> & Inputs<RequestOfAll<ItemOf<F>>> & OpenFor<ItemOf<F>>>

/**
 * The same as columns of equal length. Known columns have no index signature beside them: the compiler would look for
 * the fault of a row in it, and say nothing of the key that is missing.
 */
export type EntityColumns<F> = { readonly [C in keyof EntityRow<F>]: readonly EntityRow<F>[C][] }

type Nullable<Columns> = { readonly [C in keyof Columns]: Columns[C] | null }

/**
 * A row of a training set: keys, which may be null and then find nothing, request values, a time in `event_timestamp`
 * or in the only column of times, and any other columns.
 */
export type HistoricalEntityRow<F> = Nullable<Inputs<KeysOfAll<ItemOf<F>>>> &
  Inputs<RequestOfAll<ItemOf<F>>> & { readonly [column: string]: AnyInput }

/** A row of an online answer: keys, request values and features; features are nullable. */
export type OnlineRow<F, Full extends boolean = false> = Flat<
  KeysOfAll<ItemOf<F>> & RequestOfAll<ItemOf<F>> & FeaturesOfAll<ItemOf<F>, Full>
>

/** How a column that came in with the entity rows comes out. */
type OutputOf<T> = T extends Date ? Instant : T

type PassedColumns<E, Known> = {
  readonly [C in keyof E]: C extends keyof Known
    ? string extends keyof Known
      ? OutputOf<E[C]>
      : Known[C] | Extract<E[C], null>
    : C extends 'event_timestamp'
      ? Instant | Extract<E[C], null>
      : OutputOf<E[C]>
}

/**
 * A row of a training set as it comes back: the columns of the entity rows `E` (keys in the type of the entity, times as
 * `Instant`) and the features, nullable.
 */
export type HistoricalRow<F, E = AnyColumns, Full extends boolean = false> = Flat<
  PassedColumns<E, KeysOfAll<ItemOf<F>>> & FeaturesOfAll<ItemOf<F>, Full>
>
