-- What a preview found so far.
--
-- KEYS   1 preview ends  2 previews found
-- ARGV   1 preview id
-- Result JSON, or nil when there is no such preview or it has expired

local ends, found = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local previewEnd = redis.call('ZSCORE', ends, ARGV[1])
if not previewEnd or not runs(previewEnd, now, PREVIEW_MS) then return false end
return redis.call('HGET', found, ARGV[1])
