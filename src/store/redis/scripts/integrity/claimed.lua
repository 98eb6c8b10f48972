-- Some of what documents claim, as text: what is kept of it is MessagePack.
--
-- KEYS   1 claims
-- ARGV   1 cursor  2 how many to look at
-- Result {next cursor, then for each: document, revision, number of unique values, each}, all strings

local step = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local result = {step[1]}
for at = 1, #step[2], 2 do
  local isRead, claim = pcall(cmsgpack.unpack, step[2][at + 1])
  if isRead and type(claim) == 'table' and type(claim[1]) == 'number' and type(claim[2]) == 'table' then
    result[#result + 1] = step[2][at]
    result[#result + 1] = string.format('%.0f', claim[1])
    result[#result + 1] = tostring(#claim[2])
    for _, name in ipairs(claim[2]) do result[#result + 1] = tostring(name) end
  end
end
return result
