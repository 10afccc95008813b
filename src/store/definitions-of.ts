import type { DataSource } from '../model/data-source.ts'
import type { Definition, Definitions } from '../model/definitions.ts'

type Kinded<K extends Definition['kind']> = Extract<Definition, { readonly kind: K }>

/** Objects made in a program, sorted by kind. An object given twice counts once. */
export function definitionsOf(objects: Iterable<Definition>): Definitions {
  const all = [...new Set(objects)]
  const of = <K extends Definition['kind']>(kind: K): readonly Kinded<K>[] =>
    all.filter((object): object is Kinded<K> => object.kind === kind)
  return {
    projects: of('project'),
    entities: of('entity'),
    dataSources: all.filter((object): object is DataSource => !otherKinds.has(object.kind)),
    featureViews: of('featureView'),
    streamFeatureViews: of('streamFeatureView'),
    onDemandFeatureViews: of('onDemandFeatureView'),
    labelViews: of('labelView'),
    featureServices: of('featureService'),
    permissions: of('permission'),
    places: new Map(),
  }
}

const otherKinds: ReadonlySet<Definition['kind']> = new Set<Exclude<Definition['kind'], DataSource['kind']>>([
  'project',
  'entity',
  'featureView',
  'streamFeatureView',
  'onDemandFeatureView',
  'labelView',
  'featureService',
  'permission',
])
