-- Ends a lease now, if it is still the worker's newest.
--
-- KEYS   1 workers  2 leases
-- ARGV   1 worker id  2 lease token
-- Result 'left' or 'gone'

local workers, leases = unpack(KEYS)
checkKey('hash', workers, 'HDEL')
checkKey('zset', leases, 'ZREM')
local holder = redis.call('HGET', workers, ARGV[1])
if not holder or string.match(holder, '^%d+') ~= ARGV[2] then return 'gone' end
redis.call('HDEL', workers, ARGV[1])
redis.call('ZREM', leases, ARGV[1])
return 'left'
