-- Stands before scripts that keep events.

-- Stops the script where `trail`, of `trails`, cannot be written to. Where one of them is no stream it goes on: then no events
-- are kept.
local function checkTrails(trails, trail)
  for _, other in ipairs(trails) do
    local sort = redis.call('TYPE', other).ok
    if sort ~= 'stream' and sort ~= 'none' then return end
    checkKey('stream', other)
  end
  checkKey('stream', trail, 'XADD')
end

-- The newest id of a stream.
local function newestOf(stream)
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return newest and newest[1] or '0-0'
end

-- Keeps `entries` (each a list of fields and values) in the stream `trail` and of it the last `kept`. `trails` are all
-- streams of events. An id is the time by Redis' clock, or comes after the newest of all trails where that is not before
-- it, so that the trails can be read as one. Where a trail is no stream, or its newest id leaves no room for another, nothing
-- is kept, which position.lua tells: what the events are about must not fail for it.
local function keepEvents(trails, trail, kept, entries)
  if #entries == 0 then return end
  local time = redis.call('TIME')
  local ms, number = time[1] * 1000 + math.floor(time[2] / 1000), 0
  for _, other in ipairs(trails) do
    local found = redis.pcall('XREVRANGE', other, '+', '-', 'COUNT', 1)
    if found.err then return end
    local newest = found[1]
    if newest then
      if string.find(newest[1], '^%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d') then return end
      local theirMs, theirNumber = string.match(newest[1], '^(%d+)-(%d+)$')
      theirMs, theirNumber = tonumber(theirMs), tonumber(theirNumber)
      if theirMs > ms or (theirMs == ms and theirNumber >= number) then ms, number = theirMs, theirNumber + 1 end
    end
  end
  for at, entry in ipairs(entries) do
    local id = string.format('%.0f-%.0f', ms, number + at - 1)
    addAfter(trail, newestOf(trail), 'MAXLEN', '=', kept, id, unpack(entry))
  end
end
