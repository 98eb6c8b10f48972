-- Goes before scripts that write.

-- Stops the script before it has written anything, where a later command would stop it half-way. That is so when a key has
-- another type than the wanted one, or when the user may not run one of the commands on it (ACL). A Redis that is full, a
-- replica, or unable to save stops a script at its first write. So the first write of each script is a command that a full
-- Redis refuses (HSET, ZADD, XADD, not HDEL, ZREM).
local LENGTHS = {hash = 'HLEN', zset = 'ZCARD', stream = 'XLEN'}
local TRIALS = {
  HSET = {'f', 'v'}, HINCRBY = {'f', '1'}, HDEL = {'f'},
  ZADD = {'1', 'm'}, ZREM = {'m'}, XADD = {'*', 'f', 'v'},
}
-- Redis before 7 cannot be asked what a user may do. It looks at that before it runs a command, and runs none of these: their
-- arguments are as many as they must be and say nothing, or what they take away is not there.
local HARMLESS = {
  HSET = {'f', 'v', 'no value for this'}, HINCRBY = {'f', 'no number'}, HDEL = {'\0no such field'},
  ZADD = {'no number', 'm'}, ZREM = {'\0no such member'}, XADD = {'no id', 'f', 'v'},
}

-- The error with which Redis refuses a command to this user, on this key; nil: it does not, or not for that.
local function refusalOf(command, key)
  if redis.acl_check_cmd then
    -- DEL needs no more than the key.
    if redis.acl_check_cmd(command, key, unpack(TRIALS[command] or {})) then return nil end
    return 'NOPERM this user has no permissions to run ' .. command .. ' on ' .. key
  end
  -- What deletes a key is tried on one that is not there.
  local tried = HARMLESS[command] and redis.pcall(command, key, unpack(HARMLESS[command])) or redis.pcall(command, key .. ':none')
  local text = type(tried) == 'table' and tried.err
  if not text then return nil end
  local isRefusal = string.find(text, "can't run this command", 1, true) or string.find(text, "can't access", 1, true)
    or string.find(text, 'NOPERM', 1, true) or string.find(text, 'ACL failure', 1, true)
    or string.find(text, 'OOM ', 1, true) or string.find(text, 'READONLY ', 1, true)
    or string.find(text, 'MISCONF ', 1, true) or string.find(text, 'NOREPLICAS ', 1, true)
  return isRefusal and text or nil
end

-- Stops the script where this user may not run one of the commands on the key.
local function checkCommands(key, ...)
  for _, command in ipairs({...}) do
    local refusal = refusalOf(command, key)
    if refusal then error({err = refusal}) end
  end
end

-- The same, also where the key has another type. Result: how much it holds.
local function checkKey(kind, key, ...)
  local length = redis.call(LENGTHS[kind], key)
  checkCommands(key, ...)
  return length
end
