-- Keeps a preview for a worker to take, unless too many are kept. Forgets those that have expired.
--
-- KEYS   1 previews  2 preview ends  3 preview takers  4 previews found
-- ARGV   1 preview id  2 request as JSON  3 milliseconds a preview is kept  4 previews kept at a time
-- Result 'kept' or 'full'

local previews, ends, takers, found = unpack(KEYS)
for _, key in ipairs({previews, takers, found}) do checkKey('hash', key, 'HSET', 'HDEL') end
checkKey('zset', ends, 'ZADD', 'ZREM')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZCOUNT', ends, '(' .. now, now + PREVIEW_MS) >= tonumber(ARGV[4]) then return 'full' end
redis.call('HSET', previews, ARGV[1], ARGV[2])
redis.call('HSET', found, ARGV[1], '[]')
redis.call('ZADD', ends, now + ARGV[3], ARGV[1])
for _, id in ipairs(endedOf(ends, now, PREVIEW_MS, 1000)) do
  redis.call('HDEL', previews, id)
  redis.call('HDEL', takers, id)
  redis.call('HDEL', found, id)
  redis.call('ZREM', ends, id)
end
return 'kept'
