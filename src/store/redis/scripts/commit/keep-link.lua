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
