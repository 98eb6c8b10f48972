-- Writes anew what documents claim and refer to, some of them at a time. The record of the revision stays as it is: until
-- finish.lua has run, the store counts as damaged.
--
-- KEYS   1 documents  2 claims  3 unique  4 references
-- ARGV   1 '1' to begin by forgetting all claims, else '0'
--        2 number of documents, and for each: document, revision, value as JSON or '' where it stays as it is, and
--          number of unique values, each; number of references, each; or document, '', '' to delete it
-- Result 'rebuilt'

local documents, claims, unique, references = unpack(KEYS)
for _, key in ipairs({documents, claims, unique}) do checkKey('hash', key, 'HSET', 'HDEL') end
checkKey('zset', references, 'ZADD', 'ZREM')
position = 2
if ARGV[1] == '1' then redis.call('DEL', claims, unique, references) end
for _ = 1, tonumber(ARGV[2]) do
  local document, revision, value = take(), take(), take()
  if revision == '' then
    redis.call('HDEL', documents, document)
  else
    local uniques, targets = takeList(), takeList()
    local kind, id = string.match(document, '^([^/]+)/(.*)$')
    if value ~= '' then redis.call('HSET', documents, document, revision .. ' ' .. value) end
    redis.call('HSET', claims, document, cmsgpack.pack({tonumber(revision), uniques, targets}))
    for _, name in ipairs(uniques) do redis.call('HSET', unique, kind .. '/' .. name, id) end
    for _, target in ipairs(targets) do redis.call('ZADD', references, 0, #target .. ':' .. target .. document) end
  end
end
return 'rebuilt'
