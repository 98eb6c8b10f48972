-- Sets up to which event a destination has been notified, unless the lead has ended. Of too many destinations the one
-- that was moved longest ago is forgotten.
--
-- KEYS   1 lead  2 cursors  3 meta
-- ARGV   1 node id  2 lead token  3 destination  4 cursor  5 destinations kept
-- Result 'moved' or 'fenced'

local lead, cursors, meta = unpack(KEYS)
checkKey('hash', cursors, 'HSET', 'HDEL')
checkKey('hash', meta, 'HSET')
if not holdsLead(lead, ARGV[1], ARGV[2]) then return 'fenced' end
local time = redis.call('TIME')
noteLost(meta, cursors, 'has_cursors', hasCursors(cursors))
-- Microseconds: which of two was moved first must show.
redis.call('HSET', cursors, ARGV[3], string.format('%.0f %s', time[1] * 1000000 + time[2], ARGV[4]))
redis.call('HSET', meta, 'has_cursors', '1')
if redis.call('HLEN', cursors) > tonumber(ARGV[5]) then
  local oldest, oldestMove
  local all = redis.call('HGETALL', cursors)
  for at = 1, #all, 2 do
    local move = tonumber(string.match(all[at + 1], '^%d+')) or 0
    if all[at] ~= ARGV[3] and (not oldestMove or move < oldestMove) then oldest, oldestMove = all[at], move end
  end
  redis.call('HDEL', cursors, oldest)
end
return 'moved'
