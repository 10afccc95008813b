/** How many slots the keys of a cluster are spread over. */
export const slotCount = 16_384

const [openBrace, closeBrace] = [0x7b, 0x7d]

/**
 * The slot of a key: CRC16 (XMODEM) of the key, or of what stands between its first `{` and the next `}` if that is not
 * empty. Feast puts no braces into keys, but values of entities and names of projects may have them.
 * Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */
export function keySlot(key: Uint8Array): number {
  const open = key.indexOf(openBrace)
  const close = open === -1 ? -1 : key.indexOf(closeBrace, open + 1)
  const tagged = close > open + 1
  const end = tagged ? close : key.length
  let crc = 0
  for (let i = tagged ? open + 1 : 0; i < end; i++) {
    crc = ((crc << 8) & 0xffff) ^ (table[((crc >> 8) ^ (key[i] as number)) & 0xff] as number)
  }
  return crc & (slotCount - 1)
}

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
  return crc & 0xffff
})
