/** MurmurHash3, x86 32-bit variant; an unsigned 32-bit number. Redis field names are this of `view:feature`. */
export function murmur3x86of32(bytes: Uint8Array, seed = 0): number {
  let hash = seed | 0
  const whole = bytes.length & ~3
  for (let i = 0; i < whole; i += 4) {
    hash ^= mix32(
      byteAt(bytes, i) | (byteAt(bytes, i + 1) << 8) | (byteAt(bytes, i + 2) << 16) | (byteAt(bytes, i + 3) << 24),
    )
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= whole; i--) tail = (tail << 8) | byteAt(bytes, i)
  if (bytes.length > whole) hash ^= mix32(tail)
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * MurmurHash3, x64 128-bit variant: 16 bytes, the low half first, each half little-endian. Their hex is the entity id
 * of DynamoDB and Datastore rows.
 */
export function murmur3x64of128(bytes: Uint8Array, seed = 0): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let [low, high] = [BigInt(seed >>> 0), BigInt(seed >>> 0)]
  const whole = bytes.length & ~15
  for (let i = 0; i < whole; i += 16) {
    low ^= mixLow(view.getBigUint64(i, true))
    low = u64(rotate(low, 27n) + high)
    low = u64(low * 5n + 0x52dce729n)
    high ^= mixHigh(view.getBigUint64(i + 8, true))
    high = u64(rotate(high, 31n) + low)
    high = u64(high * 5n + 0x38495ab5n)
  }
  const tail = new DataView(new ArrayBuffer(16))
  for (let i = whole; i < bytes.length; i++) tail.setUint8(i - whole, byteAt(bytes, i))
  high ^= mixHigh(tail.getBigUint64(8, true))
  low ^= mixLow(tail.getBigUint64(0, true))
  low ^= BigInt(bytes.length)
  high ^= BigInt(bytes.length)
  low = u64(low + high)
  high = u64(high + low)
  low = finish(low)
  high = finish(high)
  low = u64(low + high)
  high = u64(high + low)
  const digest = new DataView(new ArrayBuffer(16))
  digest.setBigUint64(0, low, true)
  digest.setBigUint64(8, high, true)
  return new Uint8Array(digest.buffer)
}

const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0

function mix32(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value)
const rotate = (value: bigint, by: bigint): bigint => u64(value << by) | (value >> (64n - by))
const c1 = 0x87c37b91114253d5n
const c2 = 0x4cf5ad432745937fn
const mixLow = (block: bigint): bigint => u64(rotate(u64(block * c1), 31n) * c2)
const mixHigh = (block: bigint): bigint => u64(rotate(u64(block * c2), 33n) * c1)

function finish(value: bigint): bigint {
  let mixed = u64((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn)
  mixed = u64((mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n)
  return mixed ^ (mixed >> 33n)
}
