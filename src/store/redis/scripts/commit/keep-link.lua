-- Goes before scripts that make a revision (src/store/integrity/kept-links.ts says what is kept, and how).

local function keepLink(links, revision, link)
  local place = math.floor(revision / LINKS_IN_TEXT)
  local head = string.format('%.0f ', place)
  local field = string.format('%.0f', place % LINK_TEXTS)
  local text = redis.call('HGET', links, field) or ''
  if string.sub(text, 1, #head) ~= head then text = head end
  local octets = #head + revision % LINKS_IN_TEXT * LINK_CHARACTERS
  text = string.sub(text .. string.rep('.', octets - #text), 1, octets)
  redis.call('HSET', links, field, text .. string.sub(link, 1, LINK_CHARACTERS))
end

-- Whether a revision may have this link, as far as links are kept.
local function mayHaveLink(links, revision, link)
  local place = math.floor(revision / LINKS_IN_TEXT)
  local head = string.format('%.0f ', place)
  local text = redis.call('HGET', links, string.format('%.0f', place % LINK_TEXTS)) or ''
  local from = #head + revision % LINKS_IN_TEXT * LINK_CHARACTERS + 1
  local kept = string.sub(text, from, from + LINK_CHARACTERS - 1)
  if link == '' or string.sub(text, 1, #head) ~= head or #kept < LINK_CHARACTERS then return true end
  return string.find(kept, '.', 1, true) ~= nil or kept == string.sub(link, 1, LINK_CHARACTERS)
end
