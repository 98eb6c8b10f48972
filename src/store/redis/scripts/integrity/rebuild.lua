-- Writes documents anew, with what they claim and refer to, some of them at a time. From the first step on, until finish.lua has run,
-- the store is marked as being repaired: no commit is accepted, and readers count it as damaged.
--
-- KEYS   1 documents  2 claims  3 unique  4 references  5 meta
-- ARGV   1 '1' to begin by forgetting all claims, else '0'  2 what the repair was planned by, as `<epoch> <revision>`
--        3 number of documents, and for each: document, revision, value as JSON, number of unique values,
--          each; number of references, each; or document, '', '' to delete it
-- Result 'rebuilt', or 'moved' where the store is not what it was then, or another repair has ended or begun

local documents, claims, unique, references, meta = unpack(KEYS)
for _, key in ipairs({documents, claims, unique}) do checkKey('hash', key, 'HSET', 'HDEL', 'DEL') end
checkKey('zset', references, 'ZADD', 'ZREM', 'DEL')
checkKey('hash', meta, 'HSET')
local epoch, revision, repairing = unpack(redis.call('HMGET', meta, 'epoch', 'revision', 'repairing'))
-- A damaged revision counts as none, and one with zeros before it as the number that it is, as readers see it.
epoch = epoch or ''
local isRevision = revision and #revision <= 15 and string.find(revision, '^%d+$') and revision ~= string.rep('9', 15)
if epoch .. ' ' .. (isRevision and string.format('%.0f', tonumber(revision)) or '0') ~= ARGV[2] then return 'moved' end
position = 3
if ARGV[1] == '1' then
  redis.call('HSET', meta, 'repairing', epoch)
  redis.call('DEL', claims, unique, references)
elseif repairing ~= epoch then
  return 'moved'
end
for _ = 1, tonumber(ARGV[3]) do
  local document, revision, value = take(), take(), take()
  if revision == '' then
    redis.call('HDEL', documents, document)
  else
    local uniques, targets = takeList(), takeList()
    local kind, id = string.match(document, '^([^/]+)/(.*)$')
    redis.call('HSET', documents, document, revision .. ' ' .. value)
    redis.call('HSET', claims, document, cmsgpack.pack({tonumber(revision), uniques, targets}))
    for _, name in ipairs(uniques) do redis.call('HSET', unique, kind .. '/' .. name, id) end
    for _, target in ipairs(targets) do redis.call('ZADD', references, 0, #target .. ':' .. target .. document) end
  end
end
return 'rebuilt'
