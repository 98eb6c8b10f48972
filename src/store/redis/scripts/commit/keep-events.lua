-- Goes before scripts that keep events.

-- Stops the script where `trail`, of `trails`, cannot be written to. Where one of them is no stream it goes on: then no events
-- are kept.
local function checkTrails(trails, trail)
  for _, other in ipairs(trails) do
    local length = redis.pcall('XLEN', other)
    if type(length) == 'table' then return end
  end
  checkKey('stream', trail, 'XADD')
end

-- Octets of the events in a stream from its newest entry back, until they are more than `max`; how many entries these are, and
-- the id of the oldest of them.
local function countOctets(stream, max)
  local octets, number, oldest = 0, 0, '-'
  repeat
    local page = redis.call('XREVRANGE', stream, number == 0 and '+' or '(' .. oldest, '-', 'COUNT', 64)
    for _, entry in ipairs(page) do
      octets, number, oldest = octets + #entry[2][2], number + 1, entry[1]
    end
  until #page < 64 or octets > max
  return octets, number, oldest
end

-- How many of the oldest entries of `stream`, which has `length`, must go before `more` of `added` octets come; how many
-- octets there are then, and how many entries were added since somebody counted. `keptText` is what meta keeps of that,
-- `<newest id> <octets> <entries since>`; where the newest is another, a program that keeps none wrote, and what is there is
-- counted. It is also before something goes for its octets, once in RECOUNT entries: a count may be damaged and look sound.
local RECOUNT = 256
local function roomFor(stream, newest, length, more, added, numberMax, octetsMax, keptText)
  local id, text, sinceText = string.match(keptText or '', '^(%S+) (%d+) ?(%d*)$')
  local octets, since, counted, from = tonumber(text), tonumber(sinceText) or RECOUNT, length, '-'
  -- More than the bound is nobody's either: it would cost all that is kept.
  local isUnknown = id ~= newest or not octets or octets > octetsMax
  if isUnknown or octets + added > octetsMax and since >= RECOUNT then
    octets, counted, from = countOctets(stream, octetsMax)
    since = 0
  end
  octets = octets + added
  local dropped = length - counted
  while dropped < length and (length - dropped + more > numberMax or octets > octetsMax) do
    local page = redis.call('XRANGE', stream, from, '+', 'COUNT', math.min(64, math.max(1, length - dropped + more - numberMax)))
    for _, entry in ipairs(page) do
      if length - dropped + more <= numberMax and octets <= octetsMax then break end
      octets, dropped, from = octets - #entry[2][2], dropped + 1, '(' .. entry[1]
    end
    if #page == 0 then break end
  end
  return dropped, octets, since + more
end

-- Keeps `entries` (each a list of fields and values, of which the second is the event) in the `at`th of `trails`, all streams
-- of events, and of it no more than `bounds` says, as `<number> <octets>`; the new entries stay. An id is the time by Redis'
-- clock, or comes after the newest of all trails where that is not before it, so that the trails can be read as one. Where a
-- trail is no stream, or its newest id leaves no room for another, nothing is kept, which position.lua tells: what the
-- events are about must not fail for it. Where Redis refuses one of them for another reason, none is kept: returns that
-- reply, a table with `err`, and what they are about must not be written either. nil otherwise.
local function keepEvents(meta, trails, at, bounds, entries)
  if #entries == 0 then return end
  local time = redis.call('TIME')
  local ms, number = time[1] * 1000 + math.floor(time[2] / 1000), 0
  local newest = '0-0'
  for other, key in ipairs(trails) do
    local found = redis.pcall('XREVRANGE', key, '+', '-', 'COUNT', 1)
    if found.err then return end
    local last = found[1]
    if last then
      if other == at then newest = last[1] end
      local theirMs, theirNumber = string.match(last[1], '^(%d+)-(%d+)$')
      theirMs, theirNumber = tonumber(theirMs), #theirNumber <= 14 and tonumber(theirNumber)
      -- After a number that is too long to count on from there is room in the next millisecond.
      if not theirNumber then theirMs, theirNumber = theirMs + 1, 0 end
      if theirMs >= 999999999999999 then return end
      if theirMs > ms or (theirMs == ms and theirNumber >= number) then ms, number = theirMs, theirNumber + 1 end
    end
  end
  -- As the names of trails are kept (src/event/event.ts).
  local trail, field = trails[at], 'octets_' .. ({'health', 'told', 'audit'})[at]
  noteLost(meta, trail, field, newest ~= '0-0')
  local numberMax, octetsMax = string.match(bounds, '^(%d+) (%d+)$')
  numberMax, octetsMax = tonumber(numberMax), tonumber(octetsMax)
  local length, added = redis.call('XLEN', trail), 0
  for _, entry in ipairs(entries) do added = added + #entry[2] end
  local dropped, octets, since =
    roomFor(trail, newest, length, #entries, added, numberMax, octetsMax, redis.call('HGET', meta, field))
  local isCounted, ids = #entries <= numberMax, {}
  for nth, entry in ipairs(entries) do
    local id = string.format('%.0f-%.0f', ms, number + nth - 1)
    local left = string.format('%.0f', math.min(numberMax, length - dropped + nth))
    local reply = addAfter(trail, newest, 'MAXLEN', '=', left, id, unpack(entry))
    if reply.err then
      for _, kept in ipairs(ids) do redis.pcall('XDEL', trail, kept) end
      return reply
    end
    newest, ids[nth] = id, id
  end
  redis.call('HSET', meta, field, isCounted and string.format('%s %.0f %.0f', newest, octets, since) or '')
end
