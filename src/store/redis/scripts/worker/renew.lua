-- Makes a lease last its full time from now, unless it has ended.
--
-- KEYS   1 workers  2 leases
-- ARGV   1 worker id  2 lease token  3 milliseconds a lease lasts
-- Result 'renewed' or 'lost'

local workers, leases = unpack(KEYS)
checkKey('zset', leases, 'ZADD')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = redis.call('ZSCORE', leases, ARGV[1])
local holder = redis.call('HGET', workers, ARGV[1])
local current = ends and runs(ends, now, LEASE_MS) and holder and string.match(holder, '^%d+') == ARGV[2]
if not current then return 'lost' end
redis.call('ZADD', leases, now + ARGV[3], ARGV[1])
return 'renewed'
