-- Keeps events with what they make of the subjects, or nothing when the lead has ended.
--
-- KEYS   1 lead  2 reported  3 to 5 the trails of events, of which the second takes these  6 meta
-- ARGV   1 node id  2 lead token  3 events kept, as keepEvents takes it
--        4 number of subjects put, and for each: subject, state as JSON
--        then the number of subjects dropped, and each; then the number of events, and each as JSON
-- Result 'reported' or 'fenced'

local lead, reported, health, trail, audit, meta = unpack(KEYS)
checkKey('hash', reported, 'HSET', 'HDEL')
checkTrails({health, trail, audit}, trail)
checkKey('hash', meta, 'HSET')
if not holdsLead(lead, ARGV[1], ARGV[2]) then return 'fenced' end

position = 3
local put = {}
for at = 1, tonumber(take()) do put[at] = {take(), take()} end
local dropped = takeList()
local entries = {}
for at, event in ipairs(takeList()) do entries[at] = {'event', event} end
local unkept = keepEvents(meta, {health, trail, audit}, 2, ARGV[3], entries)
if unkept then return unkept end
noteLost(meta, reported, 'has_reported', hasReported(reported))
for _, subject in ipairs(put) do redis.call('HSET', reported, subject[1], subject[2]) end
for _, subject in ipairs(dropped) do redis.call('HDEL', reported, subject) end
if hasReported(reported) then redis.call('HSET', meta, 'has_reported', '1') end
return 'reported'
