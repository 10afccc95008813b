/** A value as YAML and JSON have it. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain }

/** What one key of `feature_store.yaml` takes. The checks, the JSON Schema and the masking of secrets read it. */
export interface ConfigKey {
  readonly kind: 'text' | 'integer' | 'number' | 'flag' | 'list' | 'map' | 'choice' | 'block' | 'any'
  /** One line for editors. */
  readonly doc: string
  /** What Feast takes when the key is missing. */
  readonly default?: Plain
  readonly required?: true
  /** May be written as null. */
  readonly nullable?: true
  /** Never shown in output. */
  readonly secret?: true
  readonly choices?: readonly string[]
  readonly minimum?: number
  /** Keys of a nested block. */
  readonly keys?: Keys
  /** Whether a nested block keeps keys that Feast does not know; Feast refuses them when not set. */
  readonly unknownKeys?: 'kept'
}

export type Keys = Readonly<Record<string, ConfigKey>>

/** A value of `type:` and the block that goes with it. */
export interface StoreType {
  /** The last part of Feast's class path, which is accepted as `type:` too. */
  readonly className: string
  readonly keys: Keys
  readonly unknownKeys?: 'kept'
}

type Make = (doc: string, standard?: Plain) => ConfigKey

const make =
  (kind: ConfigKey['kind'], more?: Partial<ConfigKey>): Make =>
  (doc, standard) => ({ kind, doc, ...more, ...(standard !== undefined && { default: standard }) })

export const text = make('text')
export const secret = make('text', { secret: true })
export const integer = make('integer')
export const number = make('number')
export const flag = make('flag')
export const list = make('list')
export const map = make('map')
export const anything = make('any')

export const choice = (choices: readonly string[], doc: string, standard?: Plain): ConfigKey => ({
  ...make('choice')(doc, standard),
  choices,
})

export const block = (doc: string, keys: Keys, unknownKeys?: 'kept'): ConfigKey => ({
  kind: 'block',
  doc,
  keys,
  ...(unknownKeys && { unknownKeys }),
})

export const required = (key: ConfigKey): ConfigKey => ({ ...key, required: true })
export const optional = (key: ConfigKey): ConfigKey => ({ ...key, nullable: true })
export const atLeast = (minimum: number, key: ConfigKey): ConfigKey => ({ ...key, minimum })

export const store = (className: string, keys: Keys, unknownKeys?: 'kept'): StoreType => ({
  className,
  keys,
  ...(unknownKeys && { unknownKeys }),
})
