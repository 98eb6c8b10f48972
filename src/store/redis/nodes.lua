-- Nodes whose announcements have not ended by Redis' clock. Forgets those that have.
--
-- KEYS   1 nodes  2 node ends
-- Result a list of ids and nodes as JSON in turn, in no order

local nodes, ends = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local live = {}
for _, id in ipairs(endedOf(ends, now, ANNOUNCEMENT_MS, 1000)) do
  redis.call('HDEL', nodes, id)
  redis.call('ZREM', ends, id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '(' .. now, now + ANNOUNCEMENT_MS)) do
  local node = redis.call('HGET', nodes, id)
  if node then
    live[#live + 1] = id
    live[#live + 1] = node
  end
end
return live
