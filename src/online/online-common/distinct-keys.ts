/** Row numbers from 1, by hash of their key; 0 is a free place. Kept, as loads ask for batch after batch. */
let places = new Int32Array(0)

/** True when no key comes twice, as in every load: found without the order that sorting gives, and without garbage. */
export function areDistinct(keys: readonly Uint8Array[]): boolean {
  let size = 64
  while (size < keys.length * 2) size *= 2
  if (places.length < size || places.length > largestKept) places = new Int32Array(size)
  else places.fill(0, 0, size)
  for (let row = 0; row < keys.length; row++) {
    const key = keys[row] as Uint8Array
    let place = hashOf(key) & (size - 1)
    for (let other = places[place] as number; other !== 0; other = places[place] as number) {
      if (areSame(key, keys[other - 1] as Uint8Array)) return false
      place = (place + 1) & (size - 1)
    }
    places[place] = row + 1
  }
  return true
}

const largestKept = 64 * 1024

/** FNV-1a, and its upper bits mixed into the lower ones, which are the ones that count. */
function hashOf(key: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193)
  return hash ^ (hash >>> 15)
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
