/** The least power of two that is not less. Lists of such lengths make few different statements. */
export function paddedLength(length: number): number {
  return length <= 1 ? 1 : 2 ** Math.ceil(Math.log2(length))
}

/** A list filled up to its {@link paddedLength} with its last element. */
export function padded<T>(list: readonly T[]): readonly T[] {
  const last = list.at(-1)
  if (last === undefined) return list
  return [...list, ...new Array<T>(paddedLength(list.length) - list.length).fill(last)]
}

/** `?, ?, ?` */
export function placeholders(count: number): string {
  return new Array(count).fill('?').join(', ')
}
