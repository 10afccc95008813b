import { clone, create, type DescField, type DescMessage, equals, type MessageShape } from '@bufbuild/protobuf'
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'

/**
 * A stored message with the changes that the model made to it. `known` is what the model says of the stored message
 * and `next` what it says now; whatever is equal in the two stays as it is stored, so that fields which the model does
 * not know, and forms that it does not tell apart, survive an edit.
 */
export function mergeStored<Desc extends DescMessage>(
  schema: Desc,
  stored: MessageShape<Desc>,
  known: MessageShape<Desc>,
  next: MessageShape<Desc>,
): MessageShape<Desc> {
  const merged = clone(schema, stored)
  mergeMessage(reflect(schema, merged), reflect(schema, known), reflect(schema, next))
  return merged
}

/** Google's own messages, such as times, are one value each. */
const isAtomic = (type: DescMessage): boolean => type.typeName.startsWith('google.protobuf.')

function mergeMessage(target: ReflectMessage, known: ReflectMessage, next: ReflectMessage): void {
  for (const field of target.desc.fields) {
    if (!next.isSet(field)) {
      if (known.isSet(field)) target.clear(field)
    } else if (field.fieldKind === 'list') {
      mergeList(field, target, known, next)
    } else if (field.fieldKind === 'map') {
      mergeMap(target.get(field), known.get(field), next.get(field))
    } else {
      mergeSingular(field, target, known, next)
    }
  }
}

function mergeSingular(field: DescField, target: ReflectMessage, known: ReflectMessage, next: ReflectMessage): void {
  const value = next.get(field)
  if (!known.isSet(field)) {
    target.set(field, value)
  } else if (field.fieldKind !== 'message') {
    if (known.get(field) !== value && !sameBytes(known.get(field), value)) target.set(field, value)
  } else {
    const [before, after] = [known.get(field) as ReflectMessage, value as ReflectMessage]
    if (sameMessage(before, after)) return
    if (isAtomic(field.message) || !target.isSet(field)) target.set(field, after)
    else mergeMessage(target.get(field) as ReflectMessage, before, after)
  }
}

function sameBytes(a: unknown, b: unknown): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
}

function sameMessage(a: ReflectMessage, b: ReflectMessage): boolean {
  return equals(a.desc, a.message, b.message)
}

function mergeMap(target: ReflectMap, known: ReflectMap, next: ReflectMap): void {
  for (const key of known.keys()) if (!next.has(key)) target.delete(key)
  for (const [key, value] of next) {
    const before = known.get(key)
    const stored = target.get(key)
    if (isMessage(before) && isMessage(value) && isMessage(stored)) mergeMessage(stored, before, value)
    else if (before !== value || !target.has(key)) target.set(key, value)
  }
}

function isMessage(value: unknown): value is ReflectMessage {
  return typeof value === 'object' && value !== null && 'message' in value
}

/** A changed element keeps what is stored of the element it came from: the equal one, else the one of the same name. */
function mergeList(
  field: DescField & { readonly fieldKind: 'list' },
  target: ReflectMessage,
  known: ReflectMessage,
  next: ReflectMessage,
): void {
  const [before, after, stored] = [known.get(field), next.get(field), target.get(field)]
  const origins = originsOf(before, after)
  const unchanged =
    before.size === after.size && origins.every((origin, index) => origin?.index === index && origin.equal)
  if (unchanged) return
  const elements = [...after].map((element, index) => {
    const origin = origins[index]
    const from = origin === undefined || stored.size !== before.size ? undefined : stored.get(origin.index)
    if (origin === undefined || !isMessage(from) || !isMessage(element)) return element
    const was = before.get(origin.index)
    const copy = reflect(from.desc, clone(from.desc, from.message))
    if (isMessage(was)) mergeMessage(copy, was, element)
    return copy
  })
  const rebuilt = reflect(target.desc, create(target.desc)).get(field)
  for (const element of elements) rebuilt.add(element)
  target.set(field, rebuilt)
}

interface Origin {
  readonly index: number
  readonly equal: boolean
}

function originsOf(before: ReflectList, after: ReflectList): readonly (Origin | undefined)[] {
  const free = new Set(Array.from({ length: before.size }, (_, index) => index))
  const take = (index: number | undefined, equal: boolean): Origin | undefined => {
    if (index === undefined) return undefined
    free.delete(index)
    return { index, equal }
  }
  const same = (index: number, element: unknown): boolean => {
    const other = before.get(index)
    return isMessage(element) && isMessage(other)
      ? sameMessage(other, element)
      : other === element || sameBytes(other, element)
  }
  const equalOnes = [...after].map((element, index) => {
    const own = free.has(index) && same(index, element) ? index : [...free].find((each) => same(each, element))
    return take(own, true)
  })
  return [...after].map((element, index) => {
    const name = nameOf(element)
    const namesake = name === undefined ? undefined : [...free].find((each) => nameOf(before.get(each)) === name)
    return equalOnes[index] ?? take(namesake, false)
  })
}

const nameFields = ['name', 'feature_view_name', 'column']

function nameOf(element: unknown): unknown {
  if (!isMessage(element)) return undefined
  const field = element.fields.find((each) => nameFields.includes(each.name))
  return field === undefined ? undefined : element.get(field)
}
