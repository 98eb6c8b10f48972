-- Nodes whose announcements have not ended by Redis' clock. Forgets those that have, unless Redis refuses writes.
--
-- KEYS   1 nodes  2 node ends
-- Result a list of ids and nodes as JSON in turn, in no order

return liveOf(KEYS[1], KEYS[2], ANNOUNCEMENT_MS)
