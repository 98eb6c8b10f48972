-- Stands before scripts that write to streams whose ids they choose.

-- Adds to a stream what comes after the id `newest`; returns the reply, a table with `err` where it was refused. A stream
-- remembers the highest id that it ever had, though its entry was deleted, and takes nothing below: then it is set back.
local function addAfter(stream, newest, ...)
  local added = redis.pcall('XADD', stream, ...)
  if type(added) ~= 'table' then return {ok = added} end
  if not string.find(added.err, 'equal or smaller', 1, true) then return added end
  local set = redis.pcall('XSETID', stream, newest)
  if set.err then return set end
  added = redis.pcall('XADD', stream, ...)
  return type(added) == 'table' and added or {ok = added}
end
