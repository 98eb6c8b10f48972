-- Replaces what was found by a preview so far, if the worker has it and its lease has not ended.
--
-- KEYS   1 workers  2 leases  3 previews  4 preview ends  5 preview takers  6 previews found
-- ARGV   1 worker id  2 lease token  3 preview id  4 what was found as JSON  5 '1' if that is all, else '0'
-- Result 'answered' or 'refused'

local workers, leases, previews, previewEnds, takers, found = unpack(KEYS)
checkKey('hash', takers, 'HSET')
checkKey('hash', found, 'HSET')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = redis.call('ZSCORE', leases, ARGV[1])
local holder = redis.call('HGET', workers, ARGV[1])
local current = ends and runs(ends, now, LEASE_MS) and holder and string.match(holder, '^%d+') == ARGV[2]
local previewEnd = redis.call('ZSCORE', previewEnds, ARGV[3])
local kept = previewEnd and runs(previewEnd, now, PREVIEW_MS)
if not (current and kept and redis.call('HGET', takers, ARGV[3]) == ARGV[2] .. ' ' .. ARGV[1]) then return 'refused' end
redis.call('HSET', found, ARGV[3], ARGV[4])
if ARGV[5] == '1' then redis.call('HSET', takers, ARGV[3], 'done') end
return 'answered'
