import type { Duration } from '../base/instant.ts'
import { suggestion } from '../base/suggest.ts'
import type { DataSource } from '../model/data-source.ts'
import type { Entity } from '../model/entity.ts'
import type { FeatureView } from '../model/feature-view.ts'
import { type Field, plainField } from '../model/field.ts'
import { formatDataType, sameDataType } from '../types/data-type.ts'
import { fieldsOfSchema } from './field.ts'
import { type CallSite, definitionError } from './place.ts'
import type { SchemaInput } from './row-types.ts'
import {
  type CommonOptions,
  commonOptionNames,
  registered,
  requireKnownOptions,
  requireName,
  requireVersion,
  reservedInViewNames,
} from './validate.ts'

/** What all kinds of views take. */
export interface ViewOptions<E, S> extends CommonOptions {
  /** None for values that hold for everything. */
  readonly entities?: E
  /** Features by name; names that are join keys are key columns. Found out from the source at apply when absent. */
  readonly schema?: S
  /** False to keep the view but not serve it. */
  readonly enabled?: boolean
  /** `latest`, or `v2` to pin a version. */
  readonly version?: string
  readonly organization?: string
}

const viewOptionNames = ['entities', 'schema', 'enabled', 'version', 'organization', ...commonOptionNames]

type ViewModel<N extends string> = Omit<
  FeatureView,
  'kind' | 'name' | keyof SourcedModel | 'sourceViews' | 'transformation' | 'mode' | 'ttl' | 'intervals'
> & { readonly name: N }

/** The model's part that all kinds of views share. @throws FTS2001, FTS2002, FTS2003, FTS2004, FTS2010, FTS2011. */
export function viewModel<N extends string>(
  what: string,
  name: N,
  options: ViewOptions<readonly Entity[], SchemaInput>,
  ownOptionNames: readonly string[],
  site: CallSite,
): ViewModel<N> {
  requireName(what, name, site, reservedInViewNames)
  requireKnownOptions(what, options, [...ownOptionNames, ...viewOptionNames], site)
  const entities = options.entities ?? []
  if (!Array.isArray(entities)) {
    throw definitionError('FTS2007', site, {
      message: `The entities of "${name}" are not a list.`,
      mark: 'entities',
      hint: 'write entities: [ … ]',
      field: 'entities',
    })
  }
  requireDefinitions(`entity of "${name}"`, entities, site, isEntity)
  const columns = columnsOf(name, entities, fieldsOfSchema(options.schema ?? {}, site), site)
  return {
    ...registered(name, options),
    entities: entities.map((entity) => entity.name),
    ...columns,
    enabled: options.enabled ?? true,
    version: requireVersion(`"${name}"`, options.version, site),
    organization: options.organization ?? '',
    currentVersion: null,
    versionId: '',
    state: 'UNSPECIFIED',
  }
}

const isEntity = (value: object): boolean => 'kind' in value && value.kind === 'entity'
/** A definition of any kind, or a selection of a view. */
const isUsable = (value: object): boolean => 'kind' in value || 'viewName' in value

/**
 * @throws FTS2007 when an element is not there, as happens when two files import each other in a circle.
 */
export function requireDefinitions(
  what: string,
  values: readonly unknown[],
  site: CallSite,
  isWanted = isUsable,
): void {
  const index = values.findIndex((value) => typeof value !== 'object' || value === null || !isWanted(value))
  if (index === -1) return
  const value = values[index]
  if (typeof value === 'object' && value !== null) {
    const named = 'name' in value && typeof value.name === 'string' ? `"${value.name}"` : JSON.stringify(value)
    throw definitionError('FTS2007', site, {
      message: `The ${what} at position ${index + 1} is ${named}, which is none.`,
    })
  }
  const isName = typeof value === 'string'
  throw definitionError('FTS2007', site, {
    message: `The ${what} at position ${index + 1} is ${isName ? JSON.stringify(value) : String(value)}, not a definition.`,
    mark: isName ? value : undefined,
    notes: [
      isName
        ? `give the definition itself, not its name: the constant that holds "${value}", without quotes`
        : "two files that import each other in a circle see each other's definitions as undefined",
    ],
  })
}

/** Divides a schema into key columns and features. Keys that it does not name take the entity's type. */
function columnsOf(
  view: string,
  entities: readonly Entity[],
  schema: readonly Field[],
  site: CallSite,
): { readonly entityColumns: readonly Field[]; readonly features: readonly Field[] } {
  const keys = new Map<string, Entity>()
  for (const entity of entities) {
    const other = keys.get(entity.joinKey)
    if (other !== undefined) {
      throw definitionError('FTS2003', site, {
        message: `The entities "${other.name}" and "${entity.name}" of "${view}" have the same join key "${entity.joinKey}".`,
        mark: entity.name,
        field: 'entities',
      })
    }
    keys.set(entity.joinKey, entity)
  }
  for (const column of schema) {
    requireName('feature', column.name, site)
    requireEntityType(view, column, keys.get(column.name), site)
  }
  const features = schema.filter((column) => !keys.has(column.name))
  const vectors = features.filter((feature) => feature.vectorIndex)
  if (vectors.length > 1) {
    throw definitionError('FTS2011', site, {
      message: `The view "${view}" indexes several vectors: ${vectors.map((each) => each.name).join(', ')}.`,
      mark: vectors[1]?.name,
      field: 'schema',
    })
  }
  const declared = schema.filter((column) => keys.has(column.name))
  const missing = [...keys.values()].filter((entity) => !declared.some((column) => column.name === entity.joinKey))
  return { entityColumns: [...declared, ...missing.map((each) => plainField(each.joinKey, each.type))], features }
}

function requireEntityType(view: string, column: Field, entity: Entity | undefined, site: CallSite): void {
  if (entity === undefined || formatDataType(entity.type) === 'Invalid') return
  if (sameDataType(entity.type, column.type)) return
  const [declared, expected] = [formatDataType(column.type), formatDataType(entity.type)]
  throw definitionError('FTS2004', site, {
    message: `The view "${view}" declares "${column.name}" as ${declared}, but the entity "${entity.name}" is ${expected}.`,
    mark: column.name,
    hint: `expected ${expected}`,
    field: 'schema',
  })
}

/** How old a value may be. @throws FTS2017 for a number or a text, of which nobody can say what it counts. */
export function ttlOf(view: string, ttl: unknown, standard: Duration | null, site: CallSite): Duration | null {
  if (ttl === undefined) return standard
  if (ttl === null) return null
  if (isDuration(ttl)) return ttl
  throw definitionError('FTS2017', site, {
    message: `The ttl of "${view}" is ${JSON.stringify(ttl)}, not a length of time.`,
    mark: 'ttl',
    hint: 'write ttl: days(1), or hours, minutes, seconds',
    field: 'ttl',
  })
}

/** One of another copy of the package counts, too. */
const isDuration = (value: unknown): value is Duration =>
  typeof value === 'object' && value !== null && 'micros' in value && typeof value.micros === 'bigint'

/** Where the rows of a stored view come from. */
export interface SourcedOptions {
  readonly online?: boolean
  readonly offline?: boolean
  readonly enableValidation?: boolean
}

export const sourcedOptionNames: readonly string[] = ['source', 'ttl', 'online', 'offline', 'enableValidation', 'mode']

/** The model's part about sources. */
export type SourcedModel = Pick<FeatureView, 'batchSource' | 'streamSource' | 'online' | 'offline' | 'enableValidation'>

/** Divides a source into its history and its stream. @throws FTS2005, FTS2008. */
export function sourcedModel(
  view: string,
  source: DataSource | null,
  schema: readonly string[],
  options: SourcedOptions,
  site: CallSite,
): SourcedModel {
  if (source?.kind === 'request') {
    throw definitionError('FTS2008', site, {
      message: `The view "${view}" takes its rows from the request source "${source.name}"; only on-demand views can.`,
      mark: 'source',
      field: 'source',
    })
  }
  const streams = source?.kind === 'push' || source?.kind === 'kafka' || source?.kind === 'kinesis'
  if (streams && source.batchSource === null) {
    throw definitionError('FTS2008', site, {
      message: `The source "${source.name}" of "${view}" has no batch source, so nothing holds its history.`,
      mark: 'source',
      notes: [`give ${source.name} a batchSource`],
      field: 'source',
    })
  }
  const batchSource = streams ? source.batchSource : source
  requireLogicalNames(view, batchSource, schema, site)
  return {
    batchSource,
    streamSource: streams ? source : null,
    online: options.online ?? true,
    offline: options.offline ?? false,
    enableValidation: options.enableValidation ?? false,
  }
}

/** A column that a mapping renames is not known under its old name any more. */
function requireLogicalNames(view: string, source: DataSource | null, schema: readonly string[], site: CallSite): void {
  const mapping = source?.fieldMapping ?? {}
  const name = schema.find((column) => Object.hasOwn(mapping, column))
  if (name === undefined || source === null) return
  const logical = mapping[name] ?? ''
  throw definitionError('FTS2005', site, {
    message: `The view "${view}" names the column "${name}", which the source "${source.name}" maps to "${logical}".`,
    mark: name,
    hint: `use "${logical}"`,
    field: 'schema',
  })
}

/** @throws FTS2008 unless the source is of one of these kinds. */
export function requireSourceKind(
  view: string,
  source: DataSource,
  kinds: readonly DataSource['kind'][],
  site: CallSite,
): void {
  if (kinds.includes(source.kind)) return
  throw definitionError('FTS2008', site, {
    message: `The source "${source.name}" of "${view}" is a ${source.kind} source.${suggestion(source.kind, kinds)}`,
    mark: 'source',
    notes: [`sources that this kind of view takes: ${kinds.join(', ')}`],
    field: 'source',
  })
}
