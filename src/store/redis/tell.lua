-- Keeps events with what they make of the subjects, or nothing when the lead has ended.
--
-- KEYS   1 lead  2 told  3 to 5 the trails of events, of which the second takes these
-- ARGV   1 node id  2 lead token  3 events kept
--        4 number of subjects put, and for each: subject, state as JSON
--        then the number of subjects dropped, and each; then the number of events, and each as JSON
-- Result 'told' or 'fenced'

local lead, told, health, trail, audit = unpack(KEYS)
if not holdsLead(lead, ARGV[1], ARGV[2]) then return 'fenced' end

local position = 3
local function take()
  position = position + 1
  return ARGV[position]
end
for _ = 1, tonumber(take()) do
  local subject, state = take(), take()
  redis.call('HSET', told, subject, state)
end
for _ = 1, tonumber(take()) do redis.call('HDEL', told, take()) end
local entries = {}
for at = 1, tonumber(take()) do entries[at] = {'event', take()} end
keepEvents({health, trail, audit}, trail, ARGV[3], entries)
return 'told'
