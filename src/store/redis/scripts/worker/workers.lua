-- Workers whose leases have not ended by Redis' clock. Forgets those that have, unless Redis refuses writes.
--
-- KEYS   1 workers  2 leases
-- Result a list of ids and `<token> <worker as JSON>` in turn, in no order

local workers, leases = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local live = {}
forgetEnded(leases, now, LEASE_MS, {workers})
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '(' .. now, now + LEASE_MS)) do
  local holder = redis.call('HGET', workers, id)
  if holder then
    live[#live + 1] = id
    live[#live + 1] = holder
  end
end
return live
