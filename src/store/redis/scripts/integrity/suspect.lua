-- Keeps that a revision was read whole and is not what was written, or that it is: commits are refused as long as it is not.
--
-- KEYS   1 meta
-- ARGV   1 epoch  2 revision  3 what is lost, or '' for nothing
-- Result 'kept', or 'left' where the store has moved on

local meta = KEYS[1]
checkKey('hash', meta, 'HSET', 'HDEL')
local epoch, revision = unpack(redis.call('HMGET', meta, 'epoch', 'revision'))
if epoch ~= ARGV[1] or revision ~= ARGV[2] then return 'left' end
if ARGV[3] == '' then redis.call('HDEL', meta, 'suspect') else redis.call('HSET', meta, 'suspect', epoch .. ' ' .. ARGV[3]) end
return 'kept'
