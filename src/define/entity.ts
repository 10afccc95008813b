import { dummyEntityName, dummyJoinKey, type Entity } from '../model/entity.ts'
import { type DataType, invalid } from '../types/data-type.ts'
import type { FeatureValue } from '../types/feature-value.ts'
import { define } from './definition.ts'
import { requireType } from './field.ts'
import { callSite, definitionError } from './place.ts'
import { type CommonOptions, commonOptionNames, registered, requireKnownOptions, requireName } from './validate.ts'

/** An entity whose join key and key type the compiler knows. */
export interface EntityDefinition<
  Name extends string = string,
  JoinKey extends string = string,
  T extends FeatureValue = FeatureValue,
> extends Entity {
  readonly name: Name
  readonly joinKey: JoinKey
  readonly type: DataType<T>
}

export interface EntityOptions<JoinKey extends string, T extends FeatureValue> extends CommonOptions {
  /** The column that identifies it; the name of the entity when absent. */
  readonly joinKey?: JoinKey
  /** Found out at apply when absent. */
  readonly type?: DataType<T>
}

/**
 * Something that features describe.
 * @throws FTS2001 for a bad or reserved name, FTS2002 for an unknown option.
 * @example const driver = entity('driver', { joinKey: 'driver_id', type: int64 })
 */
export function entity<
  const Name extends string,
  const JoinKey extends string = Name,
  T extends FeatureValue = FeatureValue,
>(name: Name, options: EntityOptions<JoinKey, T> = {}): EntityDefinition<Name, JoinKey, T> {
  const site = callSite(entity)
  const joinKey = options.joinKey ?? (name as string as JoinKey)
  requireName('entity', name, site)
  requireName('join key', joinKey, site)
  requireKnownOptions('entity', options, ['joinKey', 'type', ...commonOptionNames], site)
  const reserved = [name, joinKey].find((each) => each === dummyEntityName || each === dummyJoinKey)
  if (reserved !== undefined) {
    throw definitionError('FTS2001', site, {
      message: `The name "${reserved}" is reserved for views without entities.`,
      mark: reserved,
      notes: ['leave entities out of a view whose values hold for everything'],
    })
  }
  const type = options.type ?? (invalid as DataType<T>)
  requireType(joinKey, type, site)
  return define<EntityDefinition<Name, JoinKey, T>>(
    { ...registered(name, options), kind: 'entity', joinKey, type },
    site,
  )
}
