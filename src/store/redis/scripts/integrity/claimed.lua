-- Some of what documents claim, as text: what is kept of it is MessagePack. What cannot be read is left out.
--
-- KEYS   1 claims
-- ARGV   1 cursor  2 how many to look at
-- Result {next cursor, then for each: document, revision, number of unique values, each, number of references, each}, all strings

local step = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local result = {step[1]}
local function give(value) result[#result + 1] = value end
for at = 1, #step[2], 2 do
  local claim = claimIn(step[2][at + 1])
  if claim then
    give(step[2][at])
    give(string.format('%.0f', claim[1]))
    for part = 2, 3 do
      give(tostring(#claim[part]))
      for _, each in ipairs(claim[part]) do give(each) end
    end
  end
end
return result
