// The Lua scripts of a job's transitions. The record is a hash: while the job lives it says where the job is, and
// the outcome is written into it once. Each script ends where the state does not allow it.
import { jobKey, PREFIX } from "../redis/keys.js";
import { REACHED } from "./capacity.js";
import { TURN } from "./turns.js";

/** Entries that a job's record keeps at most; the oldest go first. */
const ENTRIES = 1000;
/** How long a deleted job that was running stays marked as such, so that nothing computes it again. */
const TOMBSTONE = 3_600_000;

// Numbered entries: the number grows with each, and is what an observer resumes from. Each value begins with the
// time (milliseconds) and a space.
const APPEND = `
local function append(record, entries, kind, value)
  local number = redis.call('HINCRBY', record, 'number', 1)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('XADD', entries, 'MAXLEN', ${ENTRIES}, number .. '-0', kind, string.format('%.0f ', now) .. value)
  return number
end`;

const LIVE = `
local function live(state) return state == 'queued' or state == 'active' end`;

// Answers the number of the job's turn, or which limit leaves no room for it: then nothing is written.
const ENTER = `${APPEND}${TURN}${REACHED}
local record, entries, turns, outstanding, queued, active, jobs, type, label = unpack(KEYS)
local id, priority, created, lane, account = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local limit = reached(outstanding, queued, active, ARGV[6], ARGV[7])
if limit then return limit end
redis.call('HSET', record, 'state', 'queued', unpack(ARGV, 8))
append(record, entries, 'state', 'queued')
for _, index in ipairs({jobs, queued, type, label}) do redis.call('ZADD', index, 0, id) end
redis.call('ZADD', outstanding, created, id)
return turn(lane, turns, account, priority)`;

/** Whether a job could enter now. */
const HAS_ROOM = `${REACHED}
return reached(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2])`;

// Removes every trace; what is on the disk is the caller's.
const FORGET = `
local record, entries, names = unpack(KEYS)
local id, madeName = ARGV[1], ARGV[2]
redis.call('DEL', record, entries)
for i = 4, #KEYS do redis.call('ZREM', KEYS[i], id) end
if redis.call('HGET', names, madeName) == id then redis.call('HDEL', names, madeName) end
return 1`;

const START = `${APPEND}
local record, entries, queued, active, turns = unpack(KEYS)
local state = redis.call('HGET', record, 'state')
if not state then return 'missing' end
if state ~= 'queued' and state ~= 'active' then return state end
redis.call('HSET', record, 'state', 'active', 'startedAt', ARGV[2])
redis.call('HDEL', record, 'progress')
redis.call('HINCRBY', record, 'attempts', 1)
redis.call('ZREM', queued, ARGV[1])
redis.call('ZADD', active, 0, ARGV[1])
local number = append(record, entries, 'state', 'active')
redis.call('PUBLISH', ARGV[3], number)
if tonumber(ARGV[4]) > (tonumber(redis.call('HGET', turns, 'now')) or 0) then
  redis.call('HSET', turns, 'now', ARGV[4])
end
return 'started'`;

const PUT_BACK = `${APPEND}
local record, entries, queued, active = unpack(KEYS)
if redis.call('HGET', record, 'state') ~= 'active' then return 0 end
redis.call('HSET', record, 'state', 'queued')
redis.call('HDEL', record, 'startedAt', 'progress')
redis.call('ZREM', active, ARGV[1])
redis.call('ZADD', queued, 0, ARGV[1])
local number = append(record, entries, 'state', 'queued')
redis.call('PUBLISH', ARGV[2], number)
return 1`;

// Progress replaces the progress before it; sentences are appended. Both take a number.
const REPORT = `${APPEND}
local record, entries = unpack(KEYS)
if redis.call('HGET', record, 'state') ~= 'active' then return 0 end
local number = 0
if ARGV[2] ~= '' then
  number = redis.call('HINCRBY', record, 'number', 1)
  redis.call('HSET', record, 'progress', ARGV[2])
end
for i = 3, #ARGV do number = append(record, entries, 'log', ARGV[i]) end
redis.call('PUBLISH', ARGV[1], number)
return 1`;

// The one write of the outcome: for completion, failure, cancellation and deletion alike.
const FINISH = `${APPEND}${LIVE}
local record, entries, queued, active, ended, outstanding, expiry, bull, model, models, names = unpack(KEYS)
local id, state, now, channel, index, madeName = unpack(ARGV, 1, 6)
local before = redis.call('HGET', record, 'state')
if not before then return 'missing' end
if not live(before) then return before end
local expires = tonumber(now) + tonumber(redis.call('HGET', record, 'ttl'))
redis.call('ZREM', queued, id)
redis.call('ZREM', active, id)
redis.call('ZREM', outstanding, id)
redis.call('HSET', record, 'state', state, 'finishedAt', now, 'expiresAt', expires, unpack(ARGV, 8))
if state == 'failed' or state == 'canceled' then
  local data = redis.call('HGET', bull, 'data')
  if data then redis.call('HSET', record, 'data', data) end
end
append(record, entries, 'state', state)
redis.call('ZADD', ended, 0, id)
redis.call('ZADD', expiry, expires, index)
redis.call('PEXPIREAT', record, expires)
redis.call('PEXPIREAT', entries, expires)
if ARGV[7] ~= '' and state == 'completed' then
  redis.call('HSET', model, 'document', ARGV[7], 'account', redis.call('HGET', record, 'account'), 'name', madeName)
  redis.call('ZADD', models, now, id)
  if madeName == '' then redis.call('PEXPIREAT', model, expires) end
elseif madeName ~= '' and redis.call('HGET', names, madeName) == id then
  redis.call('HDEL', names, madeName)
end
redis.call('PUBLISH', channel, id)
return 'finished'`;

// A job that has ended goes at once; one that runs leaves a mark until its worker has heard of it.
const REMOVE = `${LIVE}
local record, entries, expiry, model, models, names = unpack(KEYS)
local id, channel, index, madeName = unpack(ARGV)
local before = redis.call('HGET', record, 'state')
if not before or before == 'deleted' then return 'missing' end
for i = 7, #KEYS do redis.call('ZREM', KEYS[i], id) end
redis.call('ZREM', expiry, index)
redis.call('DEL', record, entries)
if madeName == '' then
  redis.call('DEL', model)
  redis.call('ZREM', models, id)
elseif live(before) and redis.call('HGET', names, madeName) == id then
  redis.call('HDEL', names, madeName)
end
if live(before) then
  redis.call('HSET', record, 'state', 'deleted')
  redis.call('PEXPIRE', record, ${TOMBSTONE})
  redis.call('PUBLISH', channel, id)
end
return before`;

/** Everything that the page of a job needs, in one answer; the rank of one that waits is its position. */
const FIND = `
local record = KEYS[1]
local fields = redis.call('HMGET', record, unpack(ARGV, 2))
if fields[1] == 'queued' then
  local rank = redis.call('ZRANK', '${PREFIX}:' .. fields[2] .. ':prioritized', ARGV[1])
  if rank then fields[#fields + 1] = tostring(rank + 1) end
end
return fields`;

/** Those of some outstanding ids of which BullMQ knows nothing: their submission was cut off half-way. */
const ORPHANS = `
local orphans = {}
for _, id in ipairs(ARGV) do
  local found = redis.call('HMGET', '${jobKey("")}' .. id, 'state', 'lane')
  if not found[1] or (found[1] == 'queued' and
      redis.call('EXISTS', '${PREFIX}:' .. found[2] .. ':' .. id) == 0) then
    orphans[#orphans + 1] = id
  end
end
return orphans`;

/** By the name of the command. */
export const SCRIPTS = {
  abacusEnter: ENTER,
  abacusHasRoom: HAS_ROOM,
  abacusForget: FORGET,
  abacusStart: START,
  abacusPutBack: PUT_BACK,
  abacusReport: REPORT,
  abacusFinish: FINISH,
  abacusRemove: REMOVE,
  abacusFind: FIND,
  abacusOrphans: ORPHANS,
} as const;
