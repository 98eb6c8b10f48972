-- Goes before scripts that read what documents claim.

local function isTextList(list)
  if type(list) ~= 'table' then return false end
  for _, each in ipairs(list) do
    if type(each) ~= 'string' then return false end
  end
  return true
end

-- What a document claims, {revision, unique values, references}; nil: that is damaged.
local function claimIn(packed)
  local isUnpacked, claim = pcall(cmsgpack.unpack, packed)
  local isClaim = isUnpacked and type(claim) == 'table' and type(claim[1]) == 'number' and claim[1] >= 0
    and claim[1] < 1e15 and isTextList(claim[2]) and isTextList(claim[3])
  return isClaim and claim or nil
end
