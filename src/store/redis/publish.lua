-- Writes what a worker found, in one step, or nothing when its lease has ended by Redis' clock.
--
-- KEYS   1 meta  2 workers  3 leases  4 observations  5 observed  6 to 8 the trails of events, of which the first takes these
-- ARGV   1 worker id  2 lease token  3 epoch to take if there is none
--        4 changed observations kept in observed  5 events kept
--        6 number of puts, and for each: field, observation as JSON, '1' if followers must hear of it, else '0'
--        then the number of drops, and each field; then the number of events, and each as JSON
-- Result 'published' or 'fenced'

local meta, workers, leases, observations, observed, health, told, audit = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = redis.call('ZSCORE', leases, ARGV[1])
local holder = redis.call('HGET', workers, ARGV[1])
local current = ends and tonumber(ends) > now and holder and string.match(holder, '^%d+') == ARGV[2]
if not current then return 'fenced' end

local position = 5
local function take()
  position = position + 1
  return ARGV[position]
end

local epoch = redis.call('HGET', meta, 'epoch')
if not epoch then
  epoch = ARGV[3]
  redis.call('HSET', meta, 'epoch', epoch)
end
for _ = 1, tonumber(take()) do
  local field, observation, changed = take(), take(), take()
  redis.call('HSET', observations, field, observation)
  if changed == '1' then
    local number = string.format('%.0f', redis.call('HINCRBY', meta, 'observed', 1))
    redis.call('XADD', observed, 'MAXLEN', '=', ARGV[4], number .. '-0', 'epoch', epoch, 'observation', observation)
  end
end
for _ = 1, tonumber(take()) do redis.call('HDEL', observations, take()) end
local events = {}
for at = 1, tonumber(take()) do events[at] = {'event', take()} end
keepEvents({health, told, audit}, health, ARGV[5], events)
return 'published'
