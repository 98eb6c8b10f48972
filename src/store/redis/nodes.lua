-- Nodes whose announcements have not ended by Redis' clock.
--
-- KEYS   1 nodes  2 node ends
-- Result a list of nodes as JSON, in no order

local nodes, ends = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local live = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '(' .. now, '+inf')) do
  local node = redis.call('HGET', nodes, id)
  if node then live[#live + 1] = node end
end
return live
