import type { Instant } from '../base/instant.ts'
import type { DataType, ValueOf } from '../types/data-type.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import type { FieldSpec } from './field.ts'

/** What the compiler knows of a definition. No such property exists at run time. */
declare const typed: unique symbol

/**
 * Something that rows are read from. `Keys` are the columns that find a row, `Request` the values that a request brings,
 * `Row` the columns that come out, each as column name to JavaScript type.
 */
export interface Typed<Name extends string, Keys, Request, Row> {
  readonly [typed]?: { readonly name: Name; readonly keys: Keys; readonly request: Request; readonly row: Row }
}

// biome-ignore lint/complexity/noBannedTypes: the neutral element of intersections, a row without known columns
export type NoColumns = {}

/** Columns that nothing is known of. */
export type AnyColumns = { readonly [column: string]: FeatureValue }

/** The types of columns: `{ conv_rate: float32, trips: field(int64, { description }) }`. */
export type SchemaInput = Readonly<Record<string, DataType | FieldSpec>>

type ValueOfColumn<C> = C extends { readonly type: infer D } ? ValueOf<D> : ValueOf<C>

/** The columns of a schema, each non-null. */
export type RowOfSchema<S> = { readonly [C in keyof S & string]: ValueOfColumn<S[C]> }

/** The features of a schema: its columns without the join keys, each nullable. */
export type FeaturesOfSchema<S, JoinKey extends string> = {
  readonly [C in Exclude<keyof S & string, KnownName<JoinKey>>]: ValueOfColumn<S[C]> | null
}

/** What an entity shows of itself here; kept small, since the compiler compares it once per view. */
interface Keyed {
  readonly joinKey: string
  readonly type: DataType
}

export type JoinKeyOf<E extends readonly Keyed[]> = E[number]['joinKey']

/** The join keys of entities with their types; a type that an entity leaves open comes from the schema. */
export type KeysOf<E extends readonly Keyed[], S> = [E[number]] extends [never]
  ? NoColumns
  : string extends JoinKeyOf<E>
    ? AnyColumns
    : {
        readonly [K in JoinKeyOf<E>]: K extends KnownName<keyof S & string>
          ? ValueOfColumn<S[K & keyof S]>
          : ValueOf<Extract<E[number], { readonly joinKey: K }>['type']>
      }

type KnownName<N extends string> = string extends N ? never : N

/** The phantom of a typed thing; that of nothing known when it is plain data. */
type PhantomOf<X> = X extends { readonly [typed]?: infer T }
  ? unknown extends T
    ? Unknown
    : Exclude<T, undefined>
  : Unknown

interface Unknown {
  readonly name: string
  readonly keys: AnyColumns
  readonly request: AnyColumns
  readonly row: AnyColumns
}

type Part<X, P extends keyof Unknown> = PhantomOf<X>[P]

export type RowOf<X> = Part<X, 'row'>

/** The columns of all members of a union in one. */
type Merge<U> = (U extends unknown ? (part: U) => void : never) extends (merged: infer M) => void ? M : never

/** Spells an intersection out, so that editors show columns. */
export type Flat<T> = { [C in keyof T]: T[C] } & {}

export type KeysOfAll<X> = Merge<X extends string ? AnyColumns : Part<X, 'keys'>>
export type RequestOfAll<X> = Merge<X extends string ? NoColumns : Part<X, 'request'>>

/** The features that items of a request give, by result column. */
export type FeaturesOfAll<X, Full extends boolean> = Merge<
  X extends string ? FeatureOfReference<X, Full> : Full extends true ? Prefixed<X> : RowOf<X>
>

type Prefixed<X> = { readonly [C in keyof RowOf<X> & string as `${Part<X, 'name'>}__${C}`]: RowOf<X>[C] }

type FeatureOfReference<R extends string, Full extends boolean> = R extends `${infer View}:${infer Feature}`
  ? { readonly [C in Full extends true ? `${View}__${Feature}` : Feature]: FeatureValue }
  : AnyColumns

/** Keys under the names that the entity rows have. */
export type MapKeys<Keys, M> = {
  readonly [K in keyof Keys & string as K extends keyof M ? (M[K] extends string ? M[K] : K) : K]: Keys[K]
}

/** What a caller may give for a value: a safe number for a 64-bit integer, a `Date` or ISO text for a time. */
export type Input<T> = T extends bigint
  ? bigint | number
  : T extends Instant
    ? Instant | Date | string
    : T extends readonly (infer U)[]
      ? readonly Input<U>[]
      : T
