-- Goes before scripts that look at what is kept beside a revision (src/store/integrity/tally.ts says what and why).

-- The tally of the present revision, {revision, link, documents, uniques, references, digest, kinds}, all strings; nil:
-- there is none, a program that does not know of it wrote since, or it is damaged (parseTally judges the same way).
local function tallyIn(text, revision)
  if not text then return nil end
  local parts = {}
  for part in string.gmatch(text, '%S+') do parts[#parts + 1] = part end
  if #parts < 6 or parts[1] ~= revision then return nil end
  parts[7] = parts[7] or ''
  for at = 3, 5 do
    if #parts[at] > 15 or not string.find(parts[at], '^%d+$') then return nil end
  end
  local isDigest = parts[6] == '-' or #parts[6] == 16 and string.find(parts[6], '^[0-9a-f]+$')
  local isKinds = parts[7] == '-' or string.find(parts[7], '^[a-z_=,0-9]*$')
  if #parts > 7 or not isDigest or not isKinds then return nil end
  return parts
end

local function tallyOf(meta, revision)
  return tallyIn(redis.call('HGET', meta, 'tally'), revision)
end

-- How much of what holds the documents together is there: {documents, claims, uniques, references}.
local function sizesOf(documents, claims, unique, references)
  return {
    redis.call('HLEN', documents), redis.call('HLEN', claims), redis.call('HLEN', unique), redis.call('ZCARD', references),
  }
end

-- Whether the record of changes goes on after the revision: whatever is written next would have no place in it.
local function isAheadOf(changes, revision)
  local after = redis.pcall('XRANGE', changes, string.format('%.0f-0', (tonumber(revision) or 0) + 1), '+', 'COUNT', 1)
  return not after.err and #after > 0
end

-- Whether something is lost, as far as the sizes show.
local function isShort(tally, revision, sizes)
  if revision == '0' and sizes[1] > 0 then return true end
  if not tally then return false end
  local kept = {tally[3], tally[3], tally[4], tally[5]}
  for at, size in ipairs(sizes) do
    if size < tonumber(kept[at]) then return true end
  end
  return false
end

-- Whether a store had a name (epoch), by what else it has: a store is named before anything is kept in it.
local function hadName(revision, tally, decided, sizes)
  return (revision or '0') ~= '0' or tally or decided or sizes[1] > 0
end
