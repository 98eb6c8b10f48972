-- Has a key take the place of one that is of another type than it must be, which is deleted. Where that is not there, nothing
-- but its place is left. In one write, so that it is done or not.
--
-- KEYS   1 key to be  2 key that stood in for it
-- Result 'taken'

if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[1]) else redis.call('DEL', KEYS[1]) end
return 'taken'
