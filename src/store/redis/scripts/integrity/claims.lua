-- Finds the damaged records of what documents claim, some of them at a time.
--
-- KEYS   1 claims
-- ARGV   1 cursor, 0 at first  2 fields looked at in one step
-- Result {next cursor, how many were looked at, the document of each damaged one ...}, all strings

local step = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local flat = step[2]
local result = {step[1], tostring(#flat / 2)}
for at = 1, #flat, 2 do
  if not claimIn(flat[at + 1]) then result[#result + 1] = flat[at] end
end
return result
