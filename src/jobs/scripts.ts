// The Lua scripts of a job's transitions. The record is a hash: while the job lives it says where the job is, and
// the outcome is written into it once. Each script ends where the state does not allow it.
import { TAKE_NAME } from "../models/models.js";
import { jobKey, PREFIX, scheduledKey } from "../redis/keys.js";
import { REACHED } from "./capacity.js";
import { TURN } from "./turns.js";

/** Entries that a job's record keeps at most; the oldest go first. */
const ENTRIES = 1000;
/** How long a deleted job that was running stays marked as such, so that nothing computes it again. */
const TOMBSTONE = 3_600_000;

// Numbered entries: the number grows with each, and is what an observer resumes from. Each value begins with the
// time (milliseconds) and a space. They hold what the record itself does not say: not that the job was accepted
// (number 1), nor how it ended (the last number), nor an attempt that ended within moments.
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

// Answers the job's number in its lane and its position, 0 for both when it is due only later; which limit leaves no
// room for it or that another has the name for its model, and then nothing is written; or the state of a job of this id
// that has been begun. One that still waits is entered again: its submission was cut off.
const ENTER = `${TURN}${REACHED}${TAKE_NAME}
local record, turns, outstanding, queued, active, scheduled, names = unpack(KEYS, 1, 7)
local id, priority, created, lane, account = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local madeName = ARGV[9]
local before = redis.call('HGET', record, 'state')
if before and before ~= 'queued' then return before end
if not before then
  local limit = reached(outstanding, queued, active, ARGV[6], ARGV[7])
  if limit then return limit end
  if madeName ~= '' and not takeName(names, madeName, id) then return 'taken' end
  if redis.call('EXISTS', outstanding) == 0 then redis.call('DEL', turns) end
  redis.call('HSET', record, 'state', 'queued', 'number', 1, unpack(ARGV, 10))
  redis.call('ZADD', outstanding, created, id)
  redis.call('ZADD', queued, 0, id)
  for i = 8, #KEYS do redis.call('ZADD', KEYS[i], 0, id) end
  if ARGV[8] ~= '' then redis.call('ZADD', scheduled, ARGV[8], id) end
end
if ARGV[8] ~= '' then return {0, 0} end
return turn(lane, turns, account, priority)`;

/** Whether a job could enter now. */
const HAS_ROOM = `${REACHED}
return reached(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2])`;

// Removes every trace, if that is all that is left of the job: of one that was cut off, while it is in no queue; of one
// that has expired, while it has no record. Answers 1 then; what is on the disk is the caller's.
const FORGET = `
local record, entries, deliveries, names = unpack(KEYS)
local id, madeName, why = unpack(ARGV, 1, 3)
if why == 'expired' and redis.call('EXISTS', record) == 1 then return 0 end
if why == 'cut off' then
  local found = redis.call('HMGET', record, 'state', 'lane')
  if found[1] and (found[1] ~= 'queued' or redis.call('ZSCORE', '${scheduledKey}', id) or
      redis.call('EXISTS', '${PREFIX}:' .. found[2] .. ':' .. id) == 1) then return 0 end
end
redis.call('DEL', record, entries, deliveries)
for i = 5, #KEYS do redis.call('ZREM', KEYS[i], id) end
if redis.call('HGET', names, madeName) == id then redis.call('HDEL', names, madeName) end
return 1`;

// Of attempts that were too short to be told, BullMQ knows those that crashed.
const START = `${APPEND}
local record, entries, queued, active, turns = unpack(KEYS)
local id, startedAt, channel, number, crashes = unpack(ARGV)
local found = redis.call('HMGET', record, 'state', 'attempts')
local state = found[1]
if not state then return 'missing' end
if state ~= 'queued' and state ~= 'active' then return state end
local attempts = math.max(tonumber(found[2]) or 0, tonumber(crashes)) + 1
redis.call('HSET', record, 'state', 'active', 'startedAt', startedAt, 'attempts', attempts)
redis.call('HDEL', record, 'progress')
redis.call('ZREM', queued, id)
redis.call('ZADD', active, 0, id)
redis.call('PUBLISH', channel, append(record, entries, 'state', 'active'))
if tonumber(number) > (tonumber(redis.call('HGET', turns, 'now')) or 0) then
  redis.call('HSET', turns, 'now', number)
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

// The one write of the outcome: for completion, failure, cancellation and deletion alike. Answers what stood
// before, or `finished`; the number of the webhook's delivery that is due for the outcome that stands, or 0; and of what
// it has written, the last entry's number, the expiry, and the attempts.
// startedAt is that of an attempt which START has not told of.
const FINISH = `${LIVE}
local record, entries, queued, active, ended, outstanding, expiry, bull = unpack(KEYS, 1, 8)
local scheduled, turns, deliveries, model, models, names = unpack(KEYS, 9)
local id, state, now, channel, index, madeName, made, startedAt, turn, crashes = unpack(ARGV, 1, 10)
local found = redis.call('HMGET', record, 'state', 'ttl', 'number', 'attempts', 'webhook', 'deliveries', 'account')
local before = found[1]
if not before then return {'missing', 0} end
if not live(before) then return {before, tonumber(found[6]) or 0} end
local expires, number = now + found[2], found[3] + 1
if before == 'active' then
  redis.call('ZREM', active, id)
else
  redis.call('ZREM', queued, id)
end
redis.call('ZREM', outstanding, id)
local started = {}
if startedAt ~= '' then
  number = number + 1
  started = {'startedAt', startedAt, 'attempts', math.max(tonumber(found[4]) or 0, tonumber(crashes)) + 1}
  if tonumber(turn) > (tonumber(redis.call('HGET', turns, 'now')) or 0) then
    redis.call('HSET', turns, 'now', turn)
  end
end
redis.call('HSET', record, 'state', state, 'number', number, 'finishedAt', now, 'expiresAt', expires,
  unpack(ARGV, 11))
if #started > 0 then redis.call('HSET', record, unpack(started)) end
if state == 'completed' then
  redis.call('HDEL', record, 'data')
else
  local data = redis.call('HGET', bull, 'data')
  if data then redis.call('HSET', record, 'data', data) end
  -- no worker will come by one that is scheduled: should its webhook not be announced, the scheduler sees to it
  if found[5] then
    redis.call('ZADD', scheduled, 'XX', now, id)
  else
    redis.call('ZREM', scheduled, id)
  end
end
redis.call('ZADD', ended, 0, id)
redis.call('ZADD', expiry, expires, index)
redis.call('PEXPIREAT', record, expires)
redis.call('PEXPIREAT', entries, expires)
local delivery = 0
if found[5] then
  delivery = redis.call('HINCRBY', record, 'deliveries', 1)
  redis.call('PEXPIREAT', deliveries, expires)
end
if made ~= '' and state == 'completed' then
  redis.call('HSET', model, 'document', made, 'account', found[7], 'name', madeName)
  redis.call('ZADD', models, 0, id)
  if madeName == '' then redis.call('PEXPIREAT', model, expires) end
elseif madeName ~= '' and redis.call('HGET', names, madeName) == id then
  redis.call('HDEL', names, madeName)
end
redis.call('PUBLISH', channel, id)
return {'finished', delivery, number, expires, started[4] or tonumber(found[4]) or 0}`;

// A failed or canceled job waits again, with all that is known of it but how it ended. It is due at once: what is
// scheduled is added to its lane when BullMQ has forgotten it.
const RETRY = `${APPEND}${REACHED}${TAKE_NAME}
local record, entries, outstanding, queued, active, failed, canceled, expiry = unpack(KEYS, 1, 8)
local scheduled, deliveries, names = unpack(KEYS, 9)
local id, now, depth, jobs, index, channel, madeName = unpack(ARGV)
local found = redis.call('HMGET', record, 'state', 'number', 'finishedAt')
local before = found[1]
if not before or before == 'deleted' then return 'missing' end
if before ~= 'failed' and before ~= 'canceled' then return before end
if redis.call('HEXISTS', record, 'data') == 0 then return 'missing' end
local limit = reached(outstanding, queued, active, depth, jobs)
if limit then return limit end
if madeName ~= '' and not takeName(names, madeName, id) then return 'taken' end
redis.call('XADD', entries, 'MAXLEN', ${ENTRIES}, found[2] .. '-0', 'state', found[3] .. ' ' .. before)
redis.call('HSET', record, 'state', 'queued')
redis.call('HDEL', record, 'startedAt', 'finishedAt', 'expiresAt', 'progress', 'error')
redis.call('PERSIST', record)
redis.call('PERSIST', entries)
redis.call('PERSIST', deliveries)
redis.call('ZREM', failed, id)
redis.call('ZREM', canceled, id)
redis.call('ZREM', expiry, index)
redis.call('ZADD', queued, 0, id)
redis.call('ZADD', outstanding, now, id)
redis.call('ZADD', scheduled, now, id)
redis.call('PUBLISH', channel, append(record, entries, 'state', 'queued'))
return 'queued'`;

// What a scheduled job that is due needs to be added to its lane: its number there, its type and its data.
// `later` while BullMQ still has the run before a retry; of one that does not wait any more the number of its
// webhook's delivery that is due for how it ended, or 0.
const DUE = `${TURN}
local record = KEYS[1]
local id, prefix = ARGV[1], ARGV[2]
local found = redis.call('HMGET', record, 'state', 'lane', 'account', 'type', 'priority', 'data', 'deliveries')
if found[1] == 'canceled' then return tonumber(found[7]) or 0 end
if found[1] ~= 'queued' or not found[6] then return 0 end
local lane = prefix .. ':' .. found[2]
if redis.call('EXISTS', lane .. ':' .. id) == 1 then return 'later' end
local mine = turn(lane, prefix .. ':turns:' .. found[2], found[3], tonumber(found[5]))
return {mine[1], found[2], found[4], found[6]}`;

// Takes a job out of the schedule, unless it has come into it again since.
const UNSCHEDULE = `
local scheduled = KEYS[1]
local id, score = ARGV[1], ARGV[2]
if tonumber(redis.call('ZSCORE', scheduled, id)) == tonumber(score) then redis.call('ZREM', scheduled, id) end
return 1`;

// What a retry needs of a job that was canceled before it was in its queue.
const KEEP = `
local record = KEYS[1]
if redis.call('HGET', record, 'state') == 'canceled' then redis.call('HSETNX', record, 'data', ARGV[1]) end
return 1`;

// A job that has ended goes at once; one that runs leaves a mark until its worker has heard of it.
const REMOVE = `${LIVE}
local record, entries, deliveries, expiry, model, models, names = unpack(KEYS)
local id, channel, index, madeName = unpack(ARGV)
local before = redis.call('HGET', record, 'state')
if not before or before == 'deleted' then return 'missing' end
for i = 8, #KEYS do redis.call('ZREM', KEYS[i], id) end
redis.call('ZREM', expiry, index)
redis.call('DEL', record, entries, deliveries)
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
      redis.call('EXISTS', '${PREFIX}:' .. found[2] .. ':' .. id) == 0 and
      not redis.call('ZSCORE', '${scheduledKey}', id)) then
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
  abacusRetry: RETRY,
  abacusDue: DUE,
  abacusUnschedule: UNSCHEDULE,
  abacusKeep: KEEP,
  abacusRemove: REMOVE,
  abacusFind: FIND,
  abacusOrphans: ORPHANS,
} as const;
