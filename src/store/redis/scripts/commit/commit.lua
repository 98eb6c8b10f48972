-- Applies all writes in one new revision and keeps the events, or none of it.
--
-- KEYS  1 meta  2 documents  3 claims  4 unique  5 references  6 changes  7 to 9 the trails of events, of which the last takes these
--       10 links
-- ARGV  1 `<epoch> <link> <milliseconds>`: the epoch of a store that has none, the link of this revision, and the time by
--         Redis' clock after which the script writes nothing; then maybe ` <epoch> <revision> <link or ''>`, a state that the
--         history of the store must contain
--       2 revisions kept in changes  3 referrers read for a refusal
--       4 number of writes, after a blank the revision at which alone they hold or nothing, and for each of them
--           'put', document, wanted revision or '', value as JSON,
--             number of unique values, each; number of references, each (a document) with its wanted revision or '';
--             kind of which there are no other referrers than these or '', and if so their number, and the id of each
--           'delete', document, wanted revision or '', id of the zone that it was in or ''
--         then events kept (as keepEvents takes it), the number of events, and each as JSON
--       where a document is <kind>/<id>
-- Result, all strings; `at` counts from 0:
--       {'ok', revision}
--       {'late', '0'}  {'set_back', '0'}  {'behind', '0'}  {'conflict', at}  {'not_found', at}  {'not_unique', at, value, id}
--       {'damaged', revision, tally, what a reader found lost or '', documents, claims, unique values, references}: something of the store is lost
--       {'dangling', at, document}  {'referenced', at, document, ...}: in no order, and maybe more than asked for
--
-- A script is not undone when it stops half-way, so it first judges every write against what the writes before it
-- would leave (held, owners, refers) and touches Redis only when all may pass.

local meta, documents, claims, unique, references, changes, health, reported, audit, links = unpack(KEYS)
checkKey('hash', meta, 'HSET')
-- How much there is of documents, claims, unique values and references.
local sizes = {}
for at, key in ipairs({documents, claims, unique}) do sizes[at] = checkKey('hash', key, 'HSET', 'HDEL') end
sizes[4] = checkKey('zset', references, 'ZADD', 'ZREM')
checkKey('stream', changes, 'XADD')
checkKey('hash', links, 'HSET')
checkTrails({health, reported, audit}, audit)
local newEpoch, link, notAfter, knownEpoch, knownRevision, knownLink =
  string.match(ARGV[1], '^(%S+) (%S+) (%d+) ?(%S*) ?(%d*) ?(%S*)$')
local time = redis.call('TIME')
if tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000 > tonumber(notAfter) then return {'late', '0'} end
local epoch, presentText, tallyText, suspect, repairing, deletions, decided =
  unpack(redis.call('HMGET', meta, 'epoch', 'revision', 'tally', 'suspect', 'repairing', 'deletions', 'decided'))
epoch = epoch or ''
if repairing == epoch then suspect = epoch .. ' ' .. REPAIRING end
-- What somebody who read all of this epoch found lost.
local isSuspect = suspect and string.sub(suspect, 1, #epoch + 1) == epoch .. ' '
presentText = presentText or '0'
-- A revision has 15 digits at most, and so has the next.
local isPresent = #presentText <= 15 and string.find(presentText, '^%d+$') and presentText ~= string.rep('9', 15)
local present = isPresent and tonumber(presentText) or 0
local revision = present + 1
local wantedCount, wantedRevision = string.match(ARGV[4], '^(%d+) ?(%d*)$')
local count = tonumber(wantedCount)
local tally = tallyIn(tallyText, string.format('%.0f', present))
-- `what`: what is found here and shows in no number.
local function damaged(what)
  local kept = tally and table.concat(tally, ' ') or ''
  for at, size in ipairs(sizes) do sizes[at] = tostring(size) end
  return {'damaged', string.format('%.0f', isPresent and present or -1), kept, what or isSuspect and string.sub(suspect, #epoch + 2) or '', unpack(sizes)}
end
if not isPresent then return damaged('the record of the revision is damaged') end
if isSuspect or isShort(tally, string.format('%.0f', present), sizes) then return damaged() end
if epoch == '' and hadName(presentText, tallyText, decided, sizes) then return damaged(NAME_LOST) end
if count == 0 then return {'ok', string.format('%.0f', present)} end
-- The second in which a history began (begunSecondsOf).
local function begunOf(epoch)
  local begun = string.match(epoch, '^([0-9a-z]+)_') or ''
  return #begun == 7 and tonumber(begun, 36) or 0
end
-- Whether the history does not contain the known state. That of a new store takes the place of another; so does one that a person decided for.
local function isSetBack()
  if knownEpoch == '' or epoch == '' then return false end
  if epoch ~= knownEpoch then
    local wasDecided = #knownEpoch > 17 and string.sub(knownEpoch, 17, 17) == 's'
    return wasDecided and decided ~= epoch and begunOf(epoch) < begunOf(knownEpoch)
  end
  local known = tonumber(knownRevision)
  return known > present or not mayHaveLink(links, known, knownLink)
end
if isSetBack() then return {'set_back', '0'} end
if wantedRevision ~= '' and tonumber(wantedRevision) ~= present then return {'behind', '0'} end

position = 4
-- Documents, and the revision that each must have or ''.
local function takeReferences()
  local list, wanted = {}, {}
  for i = 1, tonumber(take()) do list[i], wanted[i] = take(), take() end
  return list, wanted
end
local function kindOf(document) return string.match(document, '^[^/]+') end
local function idOf(document) return string.sub(document, #kindOf(document) + 2) end
local function prefixOf(target) return #target .. ':' .. target end

-- What each document claims, {revision, unique, references} or false: in Redis, and after the writes so far. `unread`: a
-- document of which that is damaged.
local stored, held, unread = {}, {}, nil
local function claimOf(document)
  if held[document] == nil then
    local packed = redis.call('HGET', claims, document)
    local claim = packed and claimIn(packed)
    if claim == nil then unread = document end
    stored[document] = claim or false
    held[document] = stored[document]
  end
  return held[document]
end

-- Owner of a unique value (<kind>/<value>) after the writes so far, or false.
local owners = {}
local function ownerOf(field)
  if owners[field] == nil then owners[field] = redis.call('HGET', unique, field) end
  return owners[field]
end

-- refers[target][source] is true or false where the writes so far changed it.
local refers = {}
local function setRefers(source, target, value)
  refers[target] = refers[target] or {}
  refers[target][source] = value
end

local function release(document)
  local claim = claimOf(document)
  if not claim then return end
  for _, value in ipairs(claim[2]) do owners[kindOf(document) .. '/' .. value] = false end
  for _, target in ipairs(claim[3]) do setRefers(document, target, false) end
end

local function referrersOf(target)
  local found = {}
  local overlay = refers[target] or {}
  local prefix = prefixOf(target)
  -- A source begins with an ASCII kind, so every member with this prefix sorts before prefix .. \255.
  local members = redis.call('ZRANGEBYLEX', references, '[' .. prefix, '(' .. prefix .. '\255', 'LIMIT', 0, ARGV[3])
  for _, member in ipairs(members) do
    local source = string.sub(member, #prefix + 1)
    if source ~= target and overlay[source] == nil then found[#found + 1] = source end
  end
  for source, value in pairs(overlay) do
    if value and source ~= target then found[#found + 1] = source end
  end
  return found
end

-- Whether documents of a kind refer to this one that are not among those ids.
local function hasOthers(document, kind, ids)
  local known = {}
  for _, id in ipairs(ids) do known[kind .. '/' .. id] = true end
  for _, source in ipairs(referrersOf(document)) do
    if kindOf(source) == kind and not known[source] then return true end
  end
  return false
end

-- The digest with what was written in the place of what it was: each document counts with its revision.
local function nextDigest(digest, written, stored, held)
  local high, low = tonumber(string.sub(digest, 1, 8), 16), tonumber(string.sub(digest, 9, 16), 16)
  for document in pairs(written) do
    for _, claims in ipairs({stored, held}) do
      local claim = claims[document]
      if claim then
        local sum = redis.sha1hex(document .. ' ' .. string.format('%.0f', claim[1]))
        high = bit.bxor(high, tonumber(string.sub(sum, 1, 8), 16))
        low = bit.bxor(low, tonumber(string.sub(sum, 9, 16), 16))
      end
    end
  end
  return bit.tohex(high) .. bit.tohex(low)
end

-- How many documents there are of each kind then, as `pool=2,zone=1`.
local function nextKinds(kinds, written, stored, held)
  local counts, names, texts = {}, {}, {}
  for kind, count in string.gmatch(kinds, '([^=,]+)=(%d+)') do counts[kind] = tonumber(count) end
  for document in pairs(written) do
    local kind = kindOf(document)
    local more = (held[document] and 1 or 0) - (stored[document] and 1 or 0)
    counts[kind] = (counts[kind] or 0) + more
  end
  for kind, count in pairs(counts) do if count > 0 then names[#names + 1] = kind end end
  table.sort(names)
  for at, kind in ipairs(names) do texts[at] = kind .. '=' .. counts[kind] end
  return table.concat(texts, ',')
end

local written, values, entries = {}, {}, {}
-- Where the deletes of what was in each zone are in `entries`, by the id of the zone.
local deleted = {}

-- Writes the document of a zone again, as it is, since something of the zone was deleted. Returns false where it cannot be read.
local function writeAgain(zone)
  local document = 'zone/' .. zone
  if written[document] then return true end
  local packed = redis.call('HGET', claims, document)
  if not packed then return true end
  local claim = claimIn(packed)
  local value = string.match(redis.call('HGET', documents, document) or '', '^%d+ (.*)$')
  if not claim or not value then return false end
  stored[document] = claim
  held[document] = {revision, claim[2], claim[3]}
  values[document] = value
  written[document] = true
  entries[#entries + 1] = 'put ' .. document
  entries[#entries + 1] = value
  return true
end

-- Why the writes may not pass, as the result says it; nil: they may.
local function refusal()
  for i = 1, count do
    local at = tostring(i - 1)
    local op, document, wanted = take(), take(), take()
    local claim = claimOf(document)
    if wanted ~= '' and tonumber(wanted) ~= (claim and claim[1] or 0) then return {'conflict', at} end
    if op == 'put' then
      local value, uniques = take(), takeList()
      local targets, revisions = takeReferences()
      local only = take()
      local known = only ~= '' and takeList() or {}
      local kind, id = kindOf(document), idOf(document)
      for _, name in ipairs(uniques) do
        local owner = ownerOf(kind .. '/' .. name)
        if owner and owner ~= id then return {'not_unique', at, name, owner} end
      end
      for n, target in ipairs(targets) do
        local held = target == document or claimOf(target)
        if not held then return {'dangling', at, target} end
        if target ~= document and revisions[n] ~= '' and tonumber(revisions[n]) ~= held[1] then return {'conflict', at} end
      end
      if only ~= '' and hasOthers(document, only, known) then return {'conflict', at} end
      release(document)
      for _, name in ipairs(uniques) do owners[kind .. '/' .. name] = id end
      for _, target in ipairs(targets) do setRefers(document, target, true) end
      held[document] = {revision, uniques, targets}
      values[document] = value
      entries[#entries + 1] = 'put ' .. document
      entries[#entries + 1] = value
    else
      if not claim then return {'not_found', at} end
      local by = referrersOf(document)
      if #by > 0 then return {'referenced', at, unpack(by)} end
      release(document)
      held[document] = false
      entries[#entries + 1] = 'delete ' .. document
      entries[#entries + 1] = ''
      local zone = take()
      if zone ~= '' then
        deleted[zone] = deleted[zone] or {}
        table.insert(deleted[zone], #entries)
      end
    end
    written[document] = true
  end
  local zones = {}
  for zone in pairs(deleted) do zones[#zones + 1] = zone end
  table.sort(zones)
  for _, zone in ipairs(zones) do
    if writeAgain(zone) then
      for _, at in ipairs(deleted[zone]) do entries[at] = zone end
    end
  end
end
local refused = refusal()
if unread then return damaged('the record of what ' .. unread .. ' claims is damaged') end
if refused then return refused end

if epoch == '' then epoch = newEpoch end
local text = string.format('%.0f', revision)
-- First what may be refused: a full Redis says so here, and a stream does that is ahead of the revision.
-- Lua passes some 8,000 values at most to one call: enough for WRITES_MAX entries of two.
local before = tally and tally[2] or '-'
entries[#entries + 1] = 'link'
-- What is known of deletions (src/store/integrity/deletions.ts): of what a program deleted that does not note them, nothing.
-- Where the note was lost, it begins anew, and the entry shows that to followers.
local noted, since, pool = string.match(deletions or '', '^(%d+) (%d+) (%d+)$')
local isNoted = noted == string.format('%.0f', present)
if not isNoted then since, pool = string.format('%.0f', present), '0' end
entries[#entries + 1] = link .. ' ' .. before .. (not isNoted and present > 0 and ' ' .. since or '')
-- A stream that goes on after the revision refuses the next one.
local added = addAfter(changes, string.format('%.0f-0', present), 'MAXLEN', '=', ARGV[2], text .. '-0', 'epoch', epoch, unpack(entries))
if added.err then
  if isAheadOf(changes, present) then return damaged() end
  return added
end
local eventsKept = take()
local kept = {}
for at = 1, tonumber(take()) do kept[at] = {'event', take(), 'revision', text} end
local unkept = keepEvents(meta, {health, reported, audit}, 3, eventsKept, kept)
if unkept then
  redis.pcall('XDEL', changes, text .. '-0')
  return unkept
end
redis.call('HSET', meta, 'epoch', epoch, 'revision', text)
keepLink(links, revision, link)
local size = {unpack(sizes)}
local function more(at, count) size[at] = size[at] + count end
local function less(at, count) size[at] = size[at] - count end
-- What of a list is not in another.
local function without(list, other)
  local known, left = {}, {}
  for _, each in ipairs(other) do known[each] = true end
  for _, each in ipairs(list) do if not known[each] then left[#left + 1] = each end end
  return left
end
-- First everything old goes, then everything new comes: a value may have passed from one document to another. What a document
-- had and has stays.
for document in pairs(written) do
  local old = stored[document]
  if old then
    local new = held[document] or {0, {}, {}}
    for _, name in ipairs(without(old[2], new[2])) do less(3, redis.call('HDEL', unique, kindOf(document) .. '/' .. name)) end
    for _, target in ipairs(without(old[3], new[3])) do less(4, redis.call('ZREM', references, prefixOf(target) .. document)) end
  end
end
for document in pairs(written) do
  local new = held[document]
  if new then
    redis.call('HSET', documents, document, text .. ' ' .. values[document])
    more(2, redis.call('HSET', claims, document, cmsgpack.pack(new)))
    local old = stored[document] or {0, {}, {}}
    for _, name in ipairs(without(new[2], old[2])) do more(3, redis.call('HSET', unique, kindOf(document) .. '/' .. name, idOf(document))) end
    for _, target in ipairs(without(new[3], old[3])) do more(4, redis.call('ZADD', references, 0, prefixOf(target) .. document)) end
  else
    redis.call('HDEL', documents, document)
    less(2, redis.call('HDEL', claims, document))
  end
end
-- The tally of the new revision. Where there was none, what is there counts; who reads all of it next adds the digest.
local isKnown = tally and tally[6] ~= '-' or present == 0 and sizes[1] == 0
local digest, kinds = '-', '-'
if isKnown then
  digest, kinds = nextDigest(tally and tally[6] or '0000000000000000', written, stored, held),
    nextKinds(tally and tally[7] or '', written, stored, held)
end
redis.call('HSET', meta, 'tally', table.concat({text, link, size[2], size[3], size[4], digest, kinds}, ' '))
for at = 1, #entries, 2 do
  if string.sub(entries[at], 1, 12) == 'delete pool/' then pool = text end
  local isOfZone = string.sub(entries[at], 1, 21) == 'delete load_balancer/' or string.sub(entries[at], 1, 14) == 'delete record/'
  if isOfZone and entries[at + 1] == '' then since = text end
end
redis.call('HSET', meta, 'deletions', text .. ' ' .. since .. ' ' .. pool)
return {'ok', text}
