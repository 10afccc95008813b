import { create } from '@bufbuild/protobuf'
import { dummyEntityName, type Entity } from '../model/entity.ts'
import { string } from '../types/data-type.ts'
import { described, times } from './convert.ts'
import { typeOfValueType, valueTypeOf } from './field.ts'
import { EntitySchema } from './gen/feast/core/Entity_pb.ts'
import { ValueType_Enum } from './gen/feast/types/Value_pb.ts'
import type { Converter } from './stored-form.ts'

/** Feast stores the entity of views without entities with no type, and reads its key as text. */
export const entityConverter: Converter<Entity, typeof EntitySchema> = {
  schema: EntitySchema,
  toModel: ({ spec, meta }) => ({
    kind: 'entity',
    ...described.toModel(spec),
    joinKey: spec?.joinKey ?? '',
    type: spec?.name === dummyEntityName ? string : typeOfValueType(spec?.valueType ?? ValueType_Enum.INVALID),
    ...times.toModel(meta),
  }),
  toMessage: (entity) =>
    create(EntitySchema, {
      spec: {
        ...described.toMessage(entity),
        valueType: entity.name === dummyEntityName ? ValueType_Enum.INVALID : valueTypeOf(entity.type),
        joinKey: entity.joinKey,
      },
      meta: times.toMessage(entity),
    }),
}
