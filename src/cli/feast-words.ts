import type { DataSource } from '../model/data-source.ts'
import { type DataType, scalarTypes } from '../types/data-type.ts'
import { sourceClasses } from '../wire/data-source.ts'

/** The name of a type in Feast's `ValueType`: `INT64`, `FLOAT_LIST`; `UNKNOWN` when it is not known yet. */
export function valueTypeName(type: DataType): string {
  switch (type.kind) {
    case 'scalar':
      return type.name === 'invalid' ? 'UNKNOWN' : scalarTypes[type.name].enum
    case 'array':
      return `${valueTypeName(type.of)}_LIST`
    case 'set':
      return `${valueTypeName(type.of)}_SET`
    case 'struct':
      return 'STRUCT'
  }
}

/** The Python class of a source; its kind where Feast has no class of its own for it. */
export function classPath(source: DataSource): string {
  return source.classType || sourceClasses[source.kind] || source.kind
}
