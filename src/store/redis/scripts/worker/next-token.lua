-- Goes before scripts that give a lease or the lead.

-- A number that is higher than any given before. The first is the time, so that a store that was emptied gives none again
-- that it gave before; so is the next one where what counts them is damaged.
local function nextToken(meta, now)
  local given = redis.call('HGET', meta, 'token')
  if not (given and #given <= 14 and string.find(given, '^[1-9]%d*$')) then
    redis.call('HSET', meta, 'token', string.format('%.0f', now))
  end
  return string.format('%.0f', redis.call('HINCRBY', meta, 'token', 1))
end
