-- Gives a worker the oldest preview that is not done and that no worker with a current lease has.
--
-- KEYS   1 workers  2 leases  3 previews  4 preview ends  5 preview takers  6 previews found
-- ARGV   1 worker id  2 lease token
-- Result {preview id, the request as JSON}, or nil

local workers, leases, previews, previewEnds, takers = unpack(KEYS)
checkKey('hash', takers, 'HSET')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function isCurrent(worker, token)
  local ends = redis.call('ZSCORE', leases, worker)
  local holder = redis.call('HGET', workers, worker)
  return ends and runs(ends, now, LEASE_MS) and holder and string.match(holder, '^%d+') == token
end

if not isCurrent(ARGV[1], ARGV[2]) then return false end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', previewEnds, '(' .. now, now + PREVIEW_MS)) do
  local taker = redis.call('HGET', takers, id)
  local token, worker
  if taker then token, worker = string.match(taker, '^(%d+) (.*)$') end
  if taker ~= 'done' and not (taker and isCurrent(worker, token)) then
    local request = redis.call('HGET', previews, id)
    if request then
      redis.call('HSET', takers, id, ARGV[2] .. ' ' .. ARGV[1])
      return {id, request}
    end
  end
end
return false
