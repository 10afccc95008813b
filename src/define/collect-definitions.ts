import { isDeepStrictEqual } from 'node:util'
import { type ErrorPlace, FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { DataSource } from '../model/data-source.ts'
import type { Definition, Definitions } from '../model/definitions.ts'
import { viewKinds } from '../model/registry-contents.ts'
import { checkReferences } from './check-references.ts'
import { definitionsUsedBy, placeOf } from './definition.ts'
import { placeOfName } from './place.ts'

export interface CollectedDefinition {
  readonly definition: Definition
  /** Where it was written; found out from the definition itself when absent. */
  readonly place?: ErrorPlace | undefined
}

export interface CollectOptions {
  /** True when what the definitions refer to by name may stand in the registry only. Default false. */
  readonly partial?: boolean
}

type ListName = Exclude<keyof Definitions, 'places'>

/** Of each kind: the list it stands in and the word for messages. All other kinds are data sources. */
const kinds: Readonly<Record<string, { readonly list: ListName; readonly word: string }>> = {
  project: { list: 'projects', word: 'project' },
  entity: { list: 'entities', word: 'entity' },
  featureView: { list: 'featureViews', word: 'feature view' },
  streamFeatureView: { list: 'streamFeatureViews', word: 'stream feature view' },
  onDemandFeatureView: { list: 'onDemandFeatureViews', word: 'on-demand feature view' },
  labelView: { list: 'labelViews', word: 'label view' },
  featureService: { list: 'featureServices', word: 'feature service' },
  permission: { list: 'permissions', word: 'permission' },
}
const dataSourceKind = { list: 'dataSources', word: 'data source' } as const

/**
 * The definitions given and all that they were made from: sources and entities of views, batch sources of streams, views
 * behind on-demand views and services. The given ones come first, in their order. An object that is given twice, or two
 * that are equal in every part, count once.
 * @throws FTS2006 for two definitions of one name, FTS2013 for two projects, FTS2014 for a name that nothing has,
 * FTS2104 for an unknown feature, FTS2106 for views that need each other in a circle.
 */
export function collectDefinitions(objects: Iterable<CollectedDefinition>, options: CollectOptions = {}): Definitions {
  const collection = new Collection()
  const given = [...objects]
  for (const { definition, place } of given) collection.add(definition, place)
  for (const { definition } of given) collection.addUsed(definition)
  const definitions = collection.finish()
  checkReferences(definitions, options.partial ?? false)
  return definitions
}

class Collection {
  readonly #lists: Record<ListName, Definition[]> = {
    projects: [],
    entities: [],
    dataSources: [],
    featureViews: [],
    streamFeatureViews: [],
    onDemandFeatureViews: [],
    labelViews: [],
    featureServices: [],
    permissions: [],
  }
  readonly #byName = new Map<string, Definition>()
  readonly #places = new Map<object, ErrorPlace>()
  readonly #walked = new Set<Definition>()

  add(definition: Definition, place: ErrorPlace | undefined): void {
    const { list, word } = kinds[definition.kind] ?? dataSourceKind
    const where = place ?? placeOf(definition)
    if (where !== undefined && !this.#places.has(definition)) this.#places.set(definition, where)
    // Views of all kinds share one name space, in which case does not count.
    const key = viewKinds.some((kind) => kind === list)
      ? `view ${definition.name.toLowerCase()}`
      : `${word} ${definition.name}`
    const other = this.#byName.get(key)
    if (other === undefined) {
      this.#byName.set(key, definition)
      this.#lists[list].push(definition)
    } else if (other !== definition && !isDeepStrictEqual(other, definition)) {
      this.#refuseSecond(definition, other, word)
    }
    const first = this.#lists.projects[0]
    if (list === 'projects' && first !== undefined && first.name !== definition.name) {
      throw new FeatureStoreError('FTS2013', {
        message: `The repository defines two projects, "${first.name}" and "${definition.name}".`,
        where: markedName(where, definition.name),
        notes: this.#noteOf('the other one', first),
      })
    }
  }

  /** Adds, depth first, what a definition was made from. */
  addUsed(definition: Definition): void {
    if (this.#walked.has(definition)) return
    this.#walked.add(definition)
    for (const used of [...definitionsUsedBy(definition), ...sourcesWithin(definition)]) {
      this.add(used, undefined)
      this.addUsed(used)
    }
  }

  finish(): Definitions {
    // Each list holds only objects of its kind: `add` chose it by the kind.
    return { ...this.#lists, places: this.#places } as unknown as Definitions
  }

  #refuseSecond(second: Definition, first: Definition, word: string): never {
    const firstWord = (kinds[first.kind] ?? dataSourceKind).word
    const same = first.name === second.name ? `"${second.name}"` : `"${first.name}" and "${second.name}"`
    const what =
      firstWord === word ? `Two ${plural(word)} are` : `${capital(articled(firstWord))} and ${articled(word)} are both`
    throw new FeatureStoreError('FTS2006', {
      message: `${what} named ${same}.`,
      where: markedName(this.#places.get(second), second.name),
      notes: [
        ...this.#noteOf('the first one', first),
        ...(first.name === second.name ? [] : ['names of views are compared without regard to case']),
      ],
    })
  }

  #noteOf(what: string, definition: Definition): readonly string[] {
    const place = this.#places.get(definition)
    return place === undefined ? [] : [`${what} stands in ${place.file}:${place.line ?? 1}`]
  }
}

function plural(word: string): string {
  return word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`
}

function articled(word: string): string {
  return `${/^[aeio]/.test(word) ? 'an' : 'a'} ${word}`
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function markedName(place: ErrorPlace | undefined, name: string): ErrorPlace | undefined {
  return place === undefined ? undefined : placeOfName(place, name)
}

/** The sources in a definition's own fields; plain objects have nothing else that would lead to them. */
function sourcesWithin(definition: Definition): readonly DataSource[] {
  switch (definition.kind) {
    case 'featureView':
    case 'streamFeatureView':
      return [definition.streamSource, definition.batchSource].filter((source) => source !== null)
    case 'onDemandFeatureView':
      return Object.values(definition.sources).flatMap((input) => (input.kind === 'request' ? [input.source] : []))
    case 'labelView':
      return definition.source === null ? [] : [definition.source]
    case 'push':
    case 'kafka':
    case 'kinesis':
      return definition.batchSource === null ? [] : [definition.batchSource]
    default:
      return []
  }
}
