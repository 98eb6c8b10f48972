-- Makes a lead last its full time from now, or end now, unless it has ended.
--
-- KEYS   1 lead
-- ARGV   1 node id  2 lead token  3 milliseconds it lasts from now; 0: it ends
-- Result 'renewed' or 'lost'

local lead = KEYS[1]
checkKey('hash', lead, 'HSET')
if not holdsLead(lead, ARGV[1], ARGV[2]) then return 'lost' end
local time = redis.call('TIME')
local ends = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('HSET', lead, 'ends', string.format('%.0f', ends))
return 'renewed'
