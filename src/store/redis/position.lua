-- Where the store stands, and under which name; an empty store is given its name here.
--
-- KEYS   1 meta  2 documents  3 claims  4 unique  5 references
-- ARGV   1 epoch to take if there is none
-- Result {epoch, revision, observed, tally or '', epoch that a person decided for or '', then how much there is of
--        documents, claims, unique values and references}, all strings

local meta, documents, claims, unique, references = unpack(KEYS)
local epoch, revision, observed, tally, decided =
  unpack(redis.call('HMGET', meta, 'epoch', 'revision', 'observed', 'tally', 'decided'))
if not epoch then
  epoch = ARGV[1]
  redis.call('HSET', meta, 'epoch', epoch)
end
local result = {epoch, revision or '0', observed or '0', tally or '', decided or ''}
for _, size in ipairs(sizesOf(documents, claims, unique, references)) do result[#result + 1] = tostring(size) end
return result
