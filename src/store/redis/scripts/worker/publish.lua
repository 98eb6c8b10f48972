-- Writes what a worker found, in one step, or nothing when its lease has ended by Redis' clock.
--
-- KEYS   1 meta  2 workers  3 leases  4 observations  5 observed  6 to 8 the trails of events, of which the first takes these
-- ARGV   1 worker id  2 lease token  3 epoch to take if there is none, and the link of what it publishes, as `<epoch> <link>`
--        4 changed observations kept in observed  5 events kept, as keepEvents takes it
--        6 number of puts, and for each: field, observation as JSON, '1' if followers get it, else '0': they get it only where the store does not hold it
--        then the number of drops, and each field; then the number of events, and each as JSON
-- Result 'published' or 'fenced'

local meta, workers, leases, observations, observed, health, reported, audit = unpack(KEYS)
checkKey('hash', meta, 'HSET')
checkKey('hash', observations, 'HGET', 'HSET', 'HDEL')
checkTrails({health, reported, audit}, health)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = redis.call('ZSCORE', leases, ARGV[1])
local holder = redis.call('HGET', workers, ARGV[1])
local current = ends and runs(ends, now, LEASE_MS) and holder and string.match(holder, '^%d+') == ARGV[2]
if not current then return 'fenced' end
-- The feed is a copy: where it is damaged it begins anew, and its followers read everything. That comes after all that
-- may be refused.
local sort = redis.call('TYPE', observed).ok
local beginsAnew = sort ~= 'stream' and sort ~= 'none'
checkCommands(observed, 'XADD', 'DEL')

position = 5
local put = {}
for at = 1, tonumber(take()) do put[at] = {take(), take(), take()} end
local dropped = takeList()
local events = {}
for at, event in ipairs(takeList()) do events[at] = {'event', event} end

local newEpoch, link = string.match(ARGV[3], '^(%S+) (%S+)$')
local epoch, revision, tally, decided = unpack(redis.call('HMGET', meta, 'epoch', 'revision', 'tally', 'decided'))
-- A store that lost its name gets none here: that is for a repair.
epoch = epoch or ''
if epoch == '' and not (revision or tally or decided) then epoch = newEpoch end
-- First what may be refused (see check-keys.lua), and what followers hear of.
local last = redis.call('HGET', meta, 'observed') or ''
local number = #last <= 14 and string.find(last, '^%d+$') and tonumber(last)
if not number then
  -- Where it is damaged or lost, the newest entry says it.
  local newest = not beginsAnew and redis.call('XREVRANGE', observed, '+', '-', 'COUNT', 1)[1]
  local id = newest and string.match(newest[1], '^(%d+)-0$')
  number = id and #id <= 14 and tonumber(id) or 0
end
-- The link of the last one, as `<number> <link>`: a program that keeps none leaves it behind.
local before = string.match(redis.call('HGET', meta, 'observedLink') or '', '^' .. string.format('%.0f', number) .. ' (%S+)$') or '-'
local newIds, entries = {}, {}
for _, each in ipairs(put) do
  -- Followers also get one that the store lost: who has read the rest since does not have it.
  if each[3] == '1' or not redis.call('HGET', observations, each[1]) then
    number = number + 1
    local id = string.format('%.0f-0', number)
    local entry = {observed, 'MAXLEN', '=', ARGV[4], id, 'epoch', epoch, 'observation', each[2], 'link', link .. ' ' .. before}
    before = link
    entries[#entries + 1] = entry
    local added = not beginsAnew and redis.pcall('XADD', unpack(entry))
    if type(added) == 'table' and added.err then
      if not isBehindLast(added) then return added end
      beginsAnew = true
    elseif added then
      newIds[#newIds + 1] = id
    end
  end
end
local unkept = keepEvents(meta, {health, reported, audit}, 1, ARGV[5], events)
if unkept then
  for _, id in ipairs(newIds) do redis.pcall('XDEL', observed, id) end
  if sort == 'none' then redis.pcall('DEL', observed) end
  return unkept
end
if beginsAnew then
  redis.call('DEL', observed)
  for _, entry in ipairs(entries) do redis.call('XADD', unpack(entry)) end
end
redis.call('HSET', meta, 'observed', string.format('%.0f', number))
if epoch ~= '' then redis.call('HSET', meta, 'epoch', epoch) end
if before == link then redis.call('HSET', meta, 'observedLink', string.format('%.0f', number) .. ' ' .. link) end
for _, each in ipairs(put) do redis.call('HSET', observations, each[1], each[2]) end
for _, field in ipairs(dropped) do redis.call('HDEL', observations, field) end
return 'published'
