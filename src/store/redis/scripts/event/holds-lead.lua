-- Goes before scripts that only the leading node may run.

-- Whether a lead has not ended by Redis' clock.
local function holdsLead(lead, node, token)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local held = redis.call('HMGET', lead, 'node', 'token', 'ends')
  return held[1] == node and held[2] == token and runs(held[3], now, LEAD_MS)
end
