-- Grants a worker a new lease, with a higher number than any before; an earlier one of the same worker ends.
-- Forgets workers whose leases have ended, so that those killed do not pile up.
--
-- KEYS   1 meta  2 workers  3 leases
-- ARGV   1 worker id  2 worker as JSON  3 milliseconds a lease lasts
-- Result the lease's token

local meta, workers, leases = unpack(KEYS)
checkKey('hash', meta, 'HSET', 'HINCRBY')
checkKey('hash', workers, 'HSET', 'HDEL')
checkKey('zset', leases, 'ZADD', 'ZREM')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local token = nextToken(meta, now)
redis.call('HSET', workers, ARGV[1], token .. ' ' .. ARGV[2])
redis.call('ZADD', leases, now + ARGV[3], ARGV[1])
-- A thousand at most in one step; the next join takes more.
forgetEnded(leases, now, LEASE_MS, {workers})
return token
