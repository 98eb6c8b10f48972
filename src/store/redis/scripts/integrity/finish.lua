-- Ends a repair: gives the store another name by a person's decision, a revision after all that it had, and a tally.
--
-- KEYS   1 meta  2 documents  3 claims  4 unique  5 references  6 changes
-- ARGV   1 epoch to take  2 revision at the least  3 link  4 digest  5 kinds  6 epoch that is repaired
--        7 number of the newest changed observation, should it be lost
-- Result the revision, or 'moved' where that is not what the store is repaired of any more

local meta, documents, claims, unique, references, changes = unpack(KEYS)
checkKey('hash', meta, 'HSET')
checkKey('stream', changes, 'DEL')
local epoch, repairing = unpack(redis.call('HMGET', meta, 'epoch', 'repairing'))
epoch = epoch or ''
if epoch ~= ARGV[6] or repairing ~= epoch then return 'moved' end
local revision = ARGV[2]
-- Changes of a history that is no more must not be ahead of it.
local sizes = sizesOf(documents, claims, unique, references)
redis.call('HSET', meta, 'epoch', ARGV[1], 'decided', ARGV[1], 'revision', revision,
  'tally', table.concat({revision, ARGV[3], sizes[2], sizes[3], sizes[4], ARGV[4], ARGV[5]}, ' '))
redis.call('HSETNX', meta, 'observed', ARGV[7])
redis.call('DEL', changes)
return revision
