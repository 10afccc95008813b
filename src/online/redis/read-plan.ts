import type { OnlineRead, OnlineTable } from '../../plugin/online-store.ts'
import { packedRowPlacer } from '../online-common/packed-row.ts'
import { type CommandWriter, encodedValues } from './command-writer.ts'
import type { RedisLayout } from './redis-config.ts'
import { eventField, featureField, projectSuffix } from './redis-layout.ts'

/** The fields of one view that a read asks for, as RESP. Made once for a table and a list of features. */
interface ViewFields {
  readonly features: readonly string[]
  /** The features' fields, then the one of the event time. */
  readonly encoded: Uint8Array
  /** The field of the event time alone, which holds a packed row as a whole. */
  readonly encodedEvent: Uint8Array
  readonly placePacked: ReturnType<typeof packedRowPlacer>
}

/** An `HMGET` for all views that share entity keys, but for the key. Made once for each combination of views. */
export class CommandPlan {
  readonly layout: RedisLayout
  readonly views: readonly ViewFields[]
  /** What every reply begins with. */
  readonly replyHead: Uint8Array
  /** What is appended to entity keys. */
  readonly suffix: Uint8Array
  /** What stands behind an entity key: the suffix, and the fields of all views. */
  readonly #tail: Uint8Array
  readonly #valueCount: number
  /** What stands before an entity key of this length: keys of a request are mostly equally long. */
  #head: Uint8Array = new Uint8Array(0)
  #headLength = -1

  readonly #project: string
  #unpacked: CommandPlan | undefined

  constructor(layout: RedisLayout, views: readonly ViewFields[], project: string) {
    const isPacked = layout === 'packed'
    this.layout = layout
    this.views = views
    this.#project = project
    this.#valueCount = views.reduce((sum, view) => sum + (isPacked ? 0 : view.features.length) + 1, 0)
    this.replyHead = utf8.encode(`*${this.#valueCount}\r\n`)
    this.suffix = projectSuffix(project)
    const fields = views.map((view) => (isPacked ? view.encodedEvent : view.encoded))
    this.#tail = new Uint8Array(Buffer.concat([this.suffix, utf8.encode('\r\n'), ...fields]))
  }

  /** The plan for the same views that reads rows of either layout. */
  get unpacked(): CommandPlan {
    this.#unpacked ??= new CommandPlan('feast', this.views, this.#project)
    return this.#unpacked
  }

  /** Writes the command for an entity key. */
  write(writer: CommandWriter, entityKey: Uint8Array): void {
    if (entityKey.length !== this.#headLength) {
      this.#headLength = entityKey.length
      const keyLength = entityKey.length + this.suffix.length
      this.#head = utf8.encode(`*${this.#valueCount + 2}\r\n$5\r\nHMGET\r\n$${keyLength}\r\n`)
    }
    writer.raw(this.#head)
    writer.raw(entityKey)
    writer.raw(this.#tail)
  }
}

const utf8 = new TextEncoder()

/** Requests come in a few shapes; callers that make up new ones all the time must not fill the memory. */
const keptShapes = 100
const fieldsByTable = new WeakMap<OnlineTable, ViewFields[]>()
const plansByFirstView = new WeakMap<ViewFields, CommandPlan[]>()

/** The plan for reads of the same entity keys of one project. */
export function commandPlan(layout: RedisLayout, reads: readonly OnlineRead[]): CommandPlan {
  const views = reads.map(viewFields)
  const [first] = views
  const plans = first === undefined ? [] : listOf(plansByFirstView, first)
  const known = plans.find((plan) => plan.layout === layout && isSame(plan.views, views))
  return known ?? keep(plans, new CommandPlan(layout, views, reads[0]?.table.project ?? ''))
}

function viewFields(read: OnlineRead): ViewFields {
  const { table, features } = read
  const shapes = listOf(fieldsByTable, table)
  const known = shapes.find((shape) => shape.features === features || isSame(shape.features, features))
  if (known !== undefined) return known
  const event = eventField(table)
  return keep(shapes, {
    features,
    encoded: encodedValues([...features.map((feature) => featureField(table, feature)), event]),
    encodedEvent: encodedValues([event]),
    placePacked: packedRowPlacer(features),
  })
}

function listOf<K extends object, V>(lists: WeakMap<K, V[]>, key: K): V[] {
  const known = lists.get(key)
  if (known !== undefined) return known
  const made: V[] = []
  lists.set(key, made)
  return made
}

function keep<T>(list: T[], made: T): T {
  if (list.length >= keptShapes) list.length = 0
  list.push(made)
  return made
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((element, index) => element === b[index])
}
