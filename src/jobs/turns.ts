// Whose turn it is in a lane: a fragment of Lua that numbers a new job, the smallest number being next, and says how
// many come before it.

/** BullMQ's largest priority, which is what a number is to it. */
export const LARGEST_NUMBER = 2_097_151;

// Whose turn it is in a lane (start-time fair queueing; Goyal, Vin and Cheng, 1996). Each job gets a number,
// the smallest is next. An account's next number is past its last one by twice the caller's priority, so
// accounts take turns whatever their load, and their urgent jobs come more often; one that has nothing waiting
// begins where the lane is now, just ahead of those that were served last. Jobs of a less urgent priority do
// not count, so an account's urgent job overtakes its own others. Numbers only grow, so nobody waits for ever;
// they begin anew when no job is left, and are lowered together before they reach BullMQ's bound.
export const TURN = `
local function lower(lane, turns, prioritized)
  local base = tonumber(redis.call('HGET', turns, 'now')) or 0
  local waiting = redis.call('ZRANGE', prioritized, 0, -1, 'WITHSCORES')
  for i = 1, #waiting, 2 do
    local score = tonumber(waiting[i + 1])
    local number = math.max(1, math.floor(score / 4294967296) - base)
    redis.call('ZADD', prioritized, number * 4294967296 + score % 4294967296, waiting[i])
    redis.call('HSET', lane .. ':' .. waiting[i], 'priority', number)
  end
  local lasts = redis.call('HGETALL', turns)
  for i = 1, #lasts, 2 do redis.call('HSET', turns, lasts[i], math.max(0, tonumber(lasts[i + 1]) - base)) end
end
local function turn(lane, turns, account, priority)
  local prioritized = lane .. ':prioritized'
  local fields = {'now'}
  for p = 1, priority do fields[p + 1] = p .. ':' .. account end
  local function number()
    local found = redis.call('HMGET', turns, unpack(fields))
    local now, last = tonumber(found[1]) or 0, 0
    for p = 1, priority do last = math.max(last, tonumber(found[p + 1]) or 0) end
    if last <= now then return now + 2 * priority - 1 end
    return last + 2 * priority
  end
  local mine = number()
  if mine > ${LARGEST_NUMBER} then
    lower(lane, turns, prioritized)
    mine = math.min(number(), ${LARGEST_NUMBER})
  end
  redis.call('HSET', turns, priority .. ':' .. account, mine)
  return {mine, redis.call('ZCOUNT', prioritized, '-inf', '(' .. (mine + 1) * 4294967296) + 1}
end`;
