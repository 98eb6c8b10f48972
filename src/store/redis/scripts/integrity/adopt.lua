-- Gives the store another name, by a person's decision: what it has holds, whatever anybody knew of it.
--
-- KEYS   1 meta
-- ARGV   1 epoch to take
-- Result the revision

local meta = KEYS[1]
checkKey('hash', meta, 'HSET')
redis.call('HSET', meta, 'epoch', ARGV[1], 'decided', ARGV[1])
return redis.call('HGET', meta, 'revision') or '0'
