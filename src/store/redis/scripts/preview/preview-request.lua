-- Keeps a preview for a worker to take, unless too many are kept: in all, of its asker, or of all askers who are no admins.
-- Forgets those that have expired.
--
-- KEYS   1 previews  2 preview ends  3 preview takers  4 previews found  5 preview askers
-- ARGV   1 preview id  2 request as JSON  3 milliseconds a preview is kept  4 previews kept at a time
--        5 asker: 'admin <token id>' or 'other <token id>'  6 kept of one of the others  7 kept for admins
-- Result 'kept', 'full' or 'token_full'

local previews, ends, takers, found, askers = unpack(KEYS)
for _, key in ipairs({previews, takers, found, askers}) do checkKey('hash', key, 'HSET', 'HDEL') end
checkKey('zset', ends, 'ZADD', 'ZREM')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZCOUNT', ends, '(' .. now, now + PREVIEW_MS) >= tonumber(ARGV[4]) then return 'full' end
local function isOther(asker) return asker and string.sub(asker, 1, 6) == 'other ' end
if isOther(ARGV[5]) then
  local own, others = 0, 0
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '(' .. now, now + PREVIEW_MS)) do
    local asker = redis.call('HGET', askers, id)
    if isOther(asker) then others = others + 1 end
    if asker == ARGV[5] then own = own + 1 end
  end
  if own >= tonumber(ARGV[6]) then return 'token_full' end
  if others >= ARGV[4] - ARGV[7] then return 'full' end
end
redis.call('HSET', previews, ARGV[1], ARGV[2])
redis.call('HSET', askers, ARGV[1], ARGV[5])
redis.call('HSET', found, ARGV[1], '[]')
redis.call('ZADD', ends, now + ARGV[3], ARGV[1])
forgetEnded(ends, now, PREVIEW_MS, {previews, takers, found, askers})
return 'kept'
