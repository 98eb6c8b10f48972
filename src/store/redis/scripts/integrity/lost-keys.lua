-- Goes before scripts that look for keys that Redis threw away as a whole: what was in them cannot come back. A witness in
-- meta says that there was something. What is lost is noted there, `lost_<key>`, before the key is written anew, until a repair.

-- Whether a stream of events has any. One of another type is found as such.
local function hasEvents(trail)
  local found = redis.pcall('XREVRANGE', trail, '+', '-', 'COUNT', 1)
  return found.err ~= nil or #found > 0
end

-- Whether what was reported is there: its first subject stays for ever (src/event/reported.ts).
local function hasReported(reported)
  local found = redis.pcall('HGET', reported, FIRST_LOOK)
  return type(found) == 'table' or found ~= false
end

local function hasCursors(cursors)
  local found = redis.pcall('HLEN', cursors)
  return type(found) == 'table' or found > 0
end

-- Whether a key lost what it had; `witness`: what meta has of it, or false.
local function isLost(meta, key, witness, isThere)
  return redis.call('HGET', meta, 'lost_' .. key) == '1' or not isThere and witness and witness ~= '' or false
end

-- Notes that a key lost what it had, if it did, before it is written.
local function noteLost(meta, key, field, isThere)
  if isThere then return end
  local witness = redis.call('HGET', meta, field)
  if witness and witness ~= '' then redis.call('HSET', meta, 'lost_' .. key, '1') end
end
