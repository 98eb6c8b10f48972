-- Takes the arguments of a script one after the other, from the one after `position` on.

local position = 0
local function take()
  position = position + 1
  return ARGV[position]
end
-- A list: how many there are, and each of them.
local function takeList()
  local list = {}
  for i = 1, tonumber(take()) do list[i] = take() end
  return list
end
