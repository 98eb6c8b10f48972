-- Workers whose leases have not ended by Redis' clock.
--
-- KEYS   1 workers  2 leases
-- Result a list of workers as JSON, in no order

local workers, leases = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local live = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '(' .. now, '+inf')) do
  local holder = redis.call('HGET', workers, id)
  if holder then live[#live + 1] = string.sub(holder, string.find(holder, ' ', 1, true) + 1) end
end
return live
