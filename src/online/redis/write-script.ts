import { createHash } from 'node:crypto'

/**
 * Writes rows of one view, each only if nothing newer is stored: what makes "the newest event wins" hold under writers
 * at once, as a server runs one script at a time.
 *
 * KEYS are the hashes of the rows. ARGV is `feast` or `newest`; the key ttl in seconds, or 0; the number of fields; the
 * fields, that of the event time first; and then for every key a value for each field. The answer is the numbers, from 1,
 * of the rows that were left alone.
 *
 * Event times are Timestamps (see event-time.ts). In Feast's order a row of the same time stays, and a stored time at or
 * before the epoch counts as none; Feast's store compares so.
 */
export const writeScript = `
local byte, call = string.byte, redis.call
local feast, ttl, count = ARGV[1] == 'feast', ARGV[2], tonumber(ARGV[3])

local function time(text)
  local seconds, nanos, at, size = 0, 0, 1, #text
  while at <= size do
    local tag = byte(text, at)
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

local function stays(old, new)
  if not old then return false end
  if old == new and not feast then return false end
  local oldSeconds, oldNanos = time(old)
  if feast and (oldSeconds < 0 or oldSeconds == 0 and oldNanos == 0) then return false end
  local newSeconds, newNanos = time(new)
  if oldSeconds ~= newSeconds then return oldSeconds > newSeconds end
  if oldNanos ~= newNanos then return oldNanos > newNanos end
  return feast
end

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
`

/** What the server knows the script by. */
export const writeScriptHash = createHash('sha1').update(writeScript).digest('hex')
