-- Keeps the tally of a revision that somebody has read whole, where none is kept, or none with a digest.
--
-- KEYS   1 meta  2 documents  3 claims  4 unique  5 references
-- ARGV   1 epoch  2 revision  3 link to take if there is none  4 digest  5 kinds
-- Result 'sealed', or 'left' where the store has moved on or the tally is kept already

local meta, documents, claims, unique, references = unpack(KEYS)
checkKey('hash', meta, 'HSET')
local epoch, revision = unpack(redis.call('HMGET', meta, 'epoch', 'revision'))
if epoch ~= ARGV[1] or revision ~= ARGV[2] then return 'left' end
local tally = tallyOf(meta, revision)
if tally and tally[6] ~= '-' then return 'left' end
local sizes = sizesOf(documents, claims, unique, references)
if isShort(tally, revision, sizes) then return 'left' end
local parts = {revision, tally and tally[2] or ARGV[3], sizes[2], sizes[3], sizes[4], ARGV[4], ARGV[5]}
redis.call('HSET', meta, 'tally', table.concat(parts, ' '))
return 'sealed'
