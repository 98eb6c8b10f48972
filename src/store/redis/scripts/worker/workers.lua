-- Workers whose leases have not ended by Redis' clock. Forgets those that have, unless Redis refuses writes.
--
-- KEYS   1 workers  2 leases
-- Result a list of ids and `<token> <worker as JSON>` in turn, in no order

return liveOf(KEYS[1], KEYS[2], LEASE_MS)
