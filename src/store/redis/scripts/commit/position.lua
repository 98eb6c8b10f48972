-- Reads the position of the store, and its name. An empty store gets its name here; a store that lost its name does not.
--
-- KEYS   1 meta  2 documents  3 claims  4 unique  5 references  6 changes  7 to 9 the trails of events  10 reported  11 cursors  12 links
-- ARGV   1 epoch to take if there is none
-- Result {epoch or '' where it is lost, revision, observed or '', tally or '', epoch that a person decided for or '', what a reader found lost
--        as `<epoch> <what>` or '', the link of the last observation as `<number> <link>` or '',
--        what is known of deletions or '', then how much there is of documents, claims, unique values and references, then each
--        stream that has an entry beyond all that may follow, and 'lost ' with each key that was there and lost what it had}, all
--        strings

local meta, documents, claims, unique, references, changes = unpack(KEYS)
local epoch, revision, observed, tally, decided, suspect, link, repairing, deletions =
  unpack(redis.call('HMGET', meta, 'epoch', 'revision', 'observed', 'tally', 'decided', 'suspect', 'observedLink', 'repairing', 'deletions'))
epoch = epoch or ''
if repairing == epoch then suspect = epoch .. ' ' .. REPAIRING end
local sizes = sizesOf(documents, claims, unique, references)
if epoch == '' and not hadName(revision, tally, decided, sizes) then
  epoch = ARGV[1]
  redis.call('HSET', meta, 'epoch', epoch)
end
local result = {epoch, revision or '0', observed or '', tally or '', decided or '', suspect or '', link or '', deletions or ''}
for _, size in ipairs(sizes) do result[#result + 1] = tostring(size) end
if isAheadOf(changes, revision or '0') then result[#result + 1] = changes end
for at = 7, 9 do
  local beyond = redis.pcall('XRANGE', KEYS[at], '999999999999999-0', '+', 'COUNT', 1)
  if not beyond.err and #beyond > 0 then result[#result + 1] = KEYS[at] end
end
local witnesses = redis.call('HMGET', meta, 'octets_health', 'octets_told', 'octets_audit', 'has_reported', 'has_cursors')
for at, isThere in ipairs({hasEvents(KEYS[7]), hasEvents(KEYS[8]), hasEvents(KEYS[9]), hasReported(KEYS[10]), hasCursors(KEYS[11])}) do
  if isLost(meta, KEYS[at + 6], witnesses[at], isThere) then result[#result + 1] = 'lost ' .. KEYS[at + 6] end
end
-- A program that notes deletions keeps the links of its revisions too, and next time anew.
local isNoted = string.match(deletions or '', '^(%d+) ') == (revision or '0')
local links = redis.pcall('HLEN', KEYS[12])
if isNoted and links == 0 then result[#result + 1] = 'lost ' .. KEYS[12] end
return result
