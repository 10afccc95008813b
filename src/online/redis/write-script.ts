import { createHash } from 'node:crypto'

/** A script, and what a server knows it by once it has run it. */
export interface Script {
  readonly text: string
  readonly hash: string
}

const script = (text: string): Script => ({ text, hash: createHash('sha1').update(text).digest('hex') })

/**
 * What both scripts decide by. `time` gives seconds and nanoseconds of a Timestamp (see event-time.ts) or of a packed row
 * (see packed-row.ts), whose first byte, 254, no Timestamp begins with. In Feast's order a row of the same time stays,
 * and a stored time at or before the epoch counts as none; Feast's store compares so.
 */
const comparison = `
local byte, sub, call, read = string.byte, string.sub, redis.call, struct.unpack
local feast, ttl, count = ARGV[1] == 'feast', ARGV[2], tonumber(ARGV[3])

local function time(text)
  local first, size = byte(text, 1), #text
  if first == 254 then
    if byte(text, 2) ~= 1 then error('a stored row is of a newer packed layout') end
    local seconds, micros = read('<dI4', text, 5)
    return seconds, micros * 1000
  end
  local seconds, nanos, at = 0, 0, 1
  while at <= size do
    local tag = byte(text, at)
    if tag ~= 8 and tag ~= 16 then error('a stored event time is not a Timestamp') end
    local value, complement, factor, length = 0, 0, 1, 0
    repeat
      at = at + 1
      local part = byte(text, at)
      if not part then error('a stored event time is not a Timestamp') end
      length = length + 1
      if length == 10 then
        value = -complement - 1
      else
        value = value + part % 128 * factor
        complement = complement + (127 - part % 128) * factor
        factor = factor * 128
      end
    until part < 128
    at = at + 1
    if tag == 8 then seconds = value else nanos = value end
  end
  return seconds, nanos
end

local function laterCreated(old, new)
  if byte(old, 1) ~= 254 or byte(new, 1) ~= 254 then return false end
  local oldSeconds, oldMicros = read('<dI4', old, 17)
  local newSeconds, newMicros = read('<dI4', new, 17)
  if oldSeconds ~= oldSeconds then return false end
  if newSeconds ~= newSeconds then return true end
  if oldSeconds ~= newSeconds then return oldSeconds > newSeconds end
  return oldMicros > newMicros
end

local function stays(old, new)
  if not old then return false end
  if old == new and not feast then return false end
  local oldSeconds, oldNanos = time(old)
  if feast and (oldSeconds < 0 or oldSeconds == 0 and oldNanos == 0) then return false end
  local newSeconds, newNanos = time(new)
  if oldSeconds ~= newSeconds then return oldSeconds > newSeconds end
  if oldNanos ~= newNanos then return oldNanos > newNanos end
  return feast or laterCreated(old, new)
end
`

/**
 * Writes rows of one view, each only if nothing newer is stored: what makes "the newest event wins" hold under writers
 * at once, as a server runs one script at a time.
 *
 * KEYS are the hashes of the rows. ARGV is `feast` or `newest`; the key ttl in seconds, or 0; the number of fields; the
 * fields, that of the event time first; and then for every key a value for each field. The answer is the numbers, from 1,
 * of the rows that were left alone. A packed row is written over as a whole.
 */
export const writeScript = script(`${comparison}
local most = 1000
local groups = {}
for first = 1, count, most do
  local values = {}
  for field = first, math.min(first + most - 1, count) do
    values[#values + 1] = ARGV[3 + field]
    values[#values + 1] = ''
  end
  groups[#groups + 1] = values
end

local skipped, at = {}, 3 + count
for row = 1, #KEYS do
  local key = KEYS[row]
  if stays(call('HGET', key, ARGV[4]), ARGV[at + 1]) then
    skipped[#skipped + 1] = row
  else
    local value = at
    for _, values in ipairs(groups) do
      for i = 2, #values, 2 do
        value = value + 1
        values[i] = ARGV[value]
      end
      call('HSET', key, unpack(values))
    end
    if ttl ~= '0' then call('EXPIRE', key, ttl) end
  end
  at = at + count
end
return skipped
`)

/**
 * The same for packed rows, with the same ARGV but for the values: one packed row for each key. Of a stored packed row
 * the features stay that the new one lacks; the fields of a row in Feast's layout are taken away.
 */
export const packedWriteScript = script(`${comparison}
local pack, concat = struct.pack, table.concat

local function directory(row)
  return sub(row, 3, 4) .. sub(row, 29, 28 + 4 * read('<I2', row, 3))
end

local function merged(old, new)
  local oldCount, newCount = read('<I2', old, 3), read('<I2', new, 3)
  local known, total = {}, newCount
  for at = 29, 25 + 4 * newCount, 4 do known[sub(new, at, at + 3)] = true end
  local values = { sub(new, 29 + 8 * newCount) }
  local names = { sub(new, 29, 28 + 4 * newCount) }
  local ends = { sub(new, 29 + 4 * newCount, 28 + 8 * newCount) }
  local length, start, first = #values[1], 0, 29 + 8 * oldCount
  for index = 0, oldCount - 1 do
    local name = sub(old, 29 + 4 * index, 32 + 4 * index)
    local stop = read('<I4', old, 29 + 4 * (oldCount + index))
    if not known[name] then
      total, length = total + 1, length + stop - start
      names[#names + 1] = name
      ends[#ends + 1] = pack('<I4', length)
      values[#values + 1] = sub(old, first + start, first + stop - 1)
    end
    start = stop
  end
  return sub(new, 1, 2) .. pack('<I2', total) .. sub(new, 5, 28) .. concat(names) .. concat(ends) .. concat(values)
end

local most = 1000
local own = directory(ARGV[4 + count])
local skipped = {}
for row = 1, #KEYS do
  local key, new = KEYS[row], ARGV[3 + count + row]
  local old = call('HGET', key, ARGV[4])
  if stays(old, new) then
    skipped[#skipped + 1] = row
  else
    if old and byte(old, 1) == 254 then
      if directory(old) ~= own then new = merged(old, new) end
    elseif old then
      for first = 5, 3 + count, most do
        call('HDEL', key, unpack(ARGV, first, math.min(first + most - 1, 3 + count)))
      end
    end
    call('HSET', key, ARGV[4], new)
    if ttl ~= '0' then call('EXPIRE', key, ttl) end
  end
end
return skipped
`)
