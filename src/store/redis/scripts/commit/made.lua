-- Whether a revision was made by a commit that nobody had an answer to: a commit is known by its link.
--
-- KEYS   1 meta  2 changes  3 links
-- ARGV   1 link  2 revisions to look at, back from the present one
-- Result {revision or '0', milliseconds of Redis' clock}, strings

local meta, changes, links = unpack(KEYS)
local link, count = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = string.format('%.3f', time[1] * 1000 + time[2] / 1000)
local present = redis.call('HGET', meta, 'revision') or ''
local revision = #present <= 15 and string.find(present, '^%d+$') and tonumber(present) or 0
local place, text
for at = revision, math.max(1, revision - count + 1), -1 do
  if math.floor(at / LINKS_IN_TEXT) ~= place then
    place = math.floor(at / LINKS_IN_TEXT)
    text = redis.call('HGET', links, string.format('%.0f', place % LINK_TEXTS)) or ''
  end
  local head = string.format('%.0f ', place)
  local from = #head + at % LINKS_IN_TEXT * LINK_CHARACTERS + 1
  local isLike = string.sub(text, 1, #head) == head
    and string.sub(text, from, from + LINK_CHARACTERS - 1) == string.sub(link, 1, LINK_CHARACTERS)
  if isLike then
    local id = string.format('%.0f-0', at)
    local entry = redis.call('XRANGE', changes, id, id)[1]
    local kept = entry and entry[2][#entry[2]] or ''
    if string.sub(kept, 1, #link + 1) == link .. ' ' then return {string.format('%.0f', at), now} end
  end
end
return {'0', now}
