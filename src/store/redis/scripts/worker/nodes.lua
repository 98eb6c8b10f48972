-- Nodes whose announcements have not ended by Redis' clock. Forgets those that have, unless Redis refuses writes.
--
-- KEYS   1 nodes  2 node ends
-- Result a list of ids and nodes as JSON in turn, in no order

local nodes, ends = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local live = {}
forgetEnded(ends, now, ANNOUNCEMENT_MS, {nodes})
for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '(' .. now, now + ANNOUNCEMENT_MS)) do
  local node = redis.call('HGET', nodes, id)
  if node then
    live[#live + 1] = id
    live[#live + 1] = node
  end
end
return live
