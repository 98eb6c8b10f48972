-- Reads all trails of events at one moment.
--
-- KEYS   the trails
-- ARGV   1 'XRANGE' or 'XREVRANGE'  2 from  3 to  4 entries of each at most
-- Result for each trail its entries

local found = {}
for at, trail in ipairs(KEYS) do found[at] = redis.call(ARGV[1], trail, ARGV[2], ARGV[3], 'COUNT', ARGV[4]) end
return found
