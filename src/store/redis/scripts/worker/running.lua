-- Goes before scripts that look at when something ends, after the milliseconds that each sort lasts at the most.

-- Whether what ends then, in milliseconds of Redis' clock, has not ended. An end that is further away than the whole time
-- that it lasts is nobody's: the clock has gone back since, or the record is damaged.
local function runs(ends, now, lasts)
  local at = tonumber(ends)
  return at ~= nil and at > now and at <= now + lasts
end

-- Which of the sorted set of ends have ended, `most` of them at the most of either sort.
local function endedOf(ends, now, lasts, most)
  local found = redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, most)
  local beyond = string.format('(%.0f', now + lasts)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, beyond, '+inf', 'LIMIT', 0, most)) do found[#found + 1] = id end
  return found
end

-- Forgets which of the sorted set of ends have ended, with what the hashes say of them, where Redis lets it: a caller that
-- only reads does not learn that it refuses writes. First the hashes: what is in the set yet is forgotten the next time.
local function forgetEnded(ends, now, lasts, hashes)
  for _, id in ipairs(endedOf(ends, now, lasts, 1000)) do
    for _, hash in ipairs(hashes) do
      local forgotten = redis.pcall('HDEL', hash, id)
      if type(forgotten) == 'table' and forgotten.err then return end
    end
    local forgotten = redis.pcall('ZREM', ends, id)
    if type(forgotten) == 'table' and forgotten.err then return end
  end
end

-- Those of the sorted set of ends that have not ended by Redis' clock: a list of ids and what the hash says of them in turn,
-- in no order. Forgets those that have ended.
local function liveOf(hash, ends, lasts)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local live = {}
  forgetEnded(ends, now, lasts, {hash})
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '(' .. now, now + lasts)) do
    local value = redis.call('HGET', hash, id)
    if value then
      live[#live + 1] = id
      live[#live + 1] = value
    end
  end
  return live
end
