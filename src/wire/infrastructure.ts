import { create } from '@bufbuild/protobuf'
import type { InfrastructureObject } from '../model/registry-contents.ts'
import { InfraObjectSchema } from './gen/feast/core/InfraObject_pb.ts'
import type { Converter } from './stored-form.ts'

const sqliteTable = 'feast.infra.online_stores.sqlite.SqliteTable'

/** Tables of SQLite are understood; of Datastore the name; anything else is only stored. */
export const infrastructureConverter: Converter<InfrastructureObject, typeof InfraObjectSchema> = {
  schema: InfraObjectSchema,
  toModel: ({ infraObjectClassType, infraObject }) => {
    const classType = infraObjectClassType
    switch (infraObject.case) {
      case 'sqliteTable':
        return { classType, name: infraObject.value.name, location: infraObject.value.path }
      case 'datastoreTable':
        return { classType, name: infraObject.value.name, location: '' }
      default:
        return { classType, name: '', location: '' }
    }
  },
  toMessage: ({ classType, name, location }) =>
    create(InfraObjectSchema, {
      infraObjectClassType: classType,
      infraObject:
        classType === sqliteTable ? { case: 'sqliteTable', value: { path: location, name } } : { case: undefined },
    }),
}
