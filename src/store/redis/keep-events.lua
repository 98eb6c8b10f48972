-- Stands before scripts that keep events.

-- Says whether `trail`, of `trails`, can be written to; stops the script where not.
local function checkTrails(trails, trail)
  for _, other in ipairs(trails) do checkKey('stream', other) end
  checkKey('stream', trail, 'XADD')
end

-- Keeps `entries` (each a list of fields and values) in the stream `trail` and of it the last `kept`. `trails` are all
-- streams of events. An id is the time by Redis' clock, or comes after the newest of all trails where that is not before
-- it, so that the trails can be read as one.
local function keepEvents(trails, trail, kept, entries)
  if #entries == 0 then return end
  local time = redis.call('TIME')
  local ms, number = time[1] * 1000 + math.floor(time[2] / 1000), 0
  for _, other in ipairs(trails) do
    local newest = redis.call('XREVRANGE', other, '+', '-', 'COUNT', 1)[1]
    if newest then
      local theirMs, theirNumber = string.match(newest[1], '^(%d+)-(%d+)$')
      theirMs, theirNumber = tonumber(theirMs), tonumber(theirNumber)
      if theirMs > ms or (theirMs == ms and theirNumber >= number) then ms, number = theirMs, theirNumber + 1 end
    end
  end
  for at, entry in ipairs(entries) do
    local id = string.format('%.0f-%.0f', ms, number + at - 1)
    local added = redis.pcall('XADD', trail, 'MAXLEN', '=', kept, id, unpack(entry))
    -- A stream whose entries were deleted remembers the last of their ids; only Redis knows one that comes after it.
    if type(added) == 'table' and added.err then redis.call('XADD', trail, 'MAXLEN', '=', kept, '*', unpack(entry)) end
  end
end
