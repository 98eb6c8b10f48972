-- Keeps a tally that counts right in the place of one that does not.
--
-- KEYS   1 meta
-- ARGV   1 epoch  2 what the tally begins with that is kept, `<revision> <link> `  3 the tally to keep
-- Result 'kept', or 'left' where the store has moved on

local meta = KEYS[1]
checkKey('hash', meta, 'HSET')
local epoch, tally = unpack(redis.call('HMGET', meta, 'epoch', 'tally'))
if epoch ~= ARGV[1] or string.sub(tally or '', 1, #ARGV[2]) ~= ARGV[2] then return 'left' end
redis.call('HSET', meta, 'tally', ARGV[3])
return 'kept'
