-- Makes a node live, unless too many others are. Forgets those whose announcements have ended.
--
-- KEYS   1 nodes  2 node ends
-- ARGV   1 node id  2 node as JSON  3 milliseconds an announcement lasts  4 nodes at a time
-- Result 'announced' or 'full'

local nodes, ends = unpack(KEYS)
checkKey('hash', nodes, 'HSET', 'HDEL')
checkKey('zset', ends, 'ZADD', 'ZREM')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local live = redis.call('ZCOUNT', ends, '(' .. now, now + ANNOUNCEMENT_MS)
if not runs(redis.call('ZSCORE', ends, ARGV[1]), now, ANNOUNCEMENT_MS) and live >= tonumber(ARGV[4]) then return 'full' end
redis.call('HSET', nodes, ARGV[1], ARGV[2])
redis.call('ZADD', ends, now + ARGV[3], ARGV[1])
forgetEnded(ends, now, ANNOUNCEMENT_MS, {nodes})
return 'announced'
