-- Goes before scripts that write to streams whose ids they choose.

-- Whether a stream refused an entry because of its last id: that is not below the entry's, or there is none after it.
local function isBehindLast(reply)
  return string.find(reply.err, 'equal or smaller', 1, true) or string.find(reply.err, 'exhausted the last possible ID', 1, true)
end

-- Adds to a stream what comes after the id `newest`; returns the reply, a table with `err` where it was refused. A stream
-- remembers the highest id that it ever had, though its entry was deleted, and takes nothing below: then it is set back.
local function addAfter(stream, newest, ...)
  local added = redis.pcall('XADD', stream, ...)
  if type(added) ~= 'table' then return {ok = added} end
  if not isBehindLast(added) then return added end
  local set = redis.pcall('XSETID', stream, newest)
  if set.err then return set end
  added = redis.pcall('XADD', stream, ...)
  return type(added) == 'table' and added or {ok = added}
end
