-- Gives the lead to a node, unless another has it by Redis' clock; an earlier one of the same node ends.
--
-- KEYS   1 meta  2 lead
-- ARGV   1 node id  2 milliseconds a lead lasts
-- Result the lead's token, or false

local meta, lead = unpack(KEYS)
checkKey('hash', meta, 'HSET', 'HINCRBY')
checkKey('hash', lead, 'HSET')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', lead, 'node', 'ends')
if held[1] and held[1] ~= ARGV[1] and runs(held[2], now, LEAD_MS) then return false end
local token = nextToken(meta, now)
redis.call('HSET', lead, 'node', ARGV[1], 'token', token, 'ends', string.format('%.0f', now + ARGV[2]))
return token
