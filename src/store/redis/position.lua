-- Where the store stands, and under which name; an empty store is given its name here.
--
-- KEYS   1 meta
-- ARGV   1 epoch to take if there is none
-- Result {epoch, revision, observed}, all strings

local epoch, revision, observed = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'observed'))
if not epoch then
  epoch = ARGV[1]
  redis.call('HSET', KEYS[1], 'epoch', epoch)
end
return {epoch, revision or '0', observed or '0'}
