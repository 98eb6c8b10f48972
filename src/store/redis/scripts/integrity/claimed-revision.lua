-- The revision that wrote a document last, as its claim says.
--
-- KEYS   1 claims
-- ARGV   1 document
-- Result the revision, or '' where it is not known

local packed = redis.call('HGET', KEYS[1], ARGV[1])
local claim = packed and claimIn(packed)
return claim and string.format('%.0f', claim[1]) or ''
