-- Stands before scripts that write.

-- Stops the script before it has written anything, where a later command would stop it half-way: the key holds another
-- type than the one wanted, or the user may not run one of the commands on it (ACL; Redis before 7 tells that only when
-- the command runs). That Redis is full, a replica or cannot save stops a script at its first write; so the first write
-- of each script is one that a full Redis refuses (HSET, ZADD, XADD, not HDEL, ZREM).
local LENGTHS = {hash = 'HLEN', zset = 'ZCARD', stream = 'XLEN'}
local TRIALS = {
  HSET = {'f', 'v'}, HINCRBY = {'f', '1'}, HDEL = {'f'},
  ZADD = {'1', 'm'}, ZREM = {'m'}, XADD = {'*', 'f', 'v'},
}
--
-- Result: how much the key holds.
local function checkKey(kind, key, ...)
  local length = redis.call(LENGTHS[kind], key)
  if not redis.acl_check_cmd then return length end
  for _, command in ipairs({...}) do
    if not redis.acl_check_cmd(command, key, unpack(TRIALS[command])) then
      error({err = 'NOPERM this user has no permissions to run ' .. command .. ' on ' .. key})
    end
  end
  return length
end
