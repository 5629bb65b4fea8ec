import { FREE_PER_HELD } from '@ringdrop/shared/kernel/fair-room.ts'
import { SHARE_BYTES } from '@ringdrop/shared/protocols/directory/constants.ts'
import { script } from './script.ts'

/**
 * Bytes of memory by which the directory is counted; by measurement of Redis 7.0, rounded up. A file besides its record,
 * a word of a file, a word that no other file has.
 */
const COST = { file: 500, wordOfFile: 110, word: 330 } as const

/** Keeps count of the memory that the directory takes. */
const COUNT = `
local function count(bytes)
  if bytes ~= 0 and call('INCRBY', K .. 'dir:bytes', bytes) <= 0 then call('DEL', K .. 'dir:bytes') end
end
local function costOf(record, words) return ${String(COST.file)} + #record + ${String(COST.wordOfFile)} * words end
-- Counts for the address of a peer what its files take at the most: when they, and their words, are in no other list.
local function hold(peer, bytes)
  local from = call('GET', K .. 'peer:' .. peer .. ':from')
  if from and call('HINCRBY', K .. 'dir:from', from, bytes) <= 0 then call('HDEL', K .. 'dir:from', from) end
end
local function costAlone(record, words) return costOf(record, words) + ${String(COST.word)} * words end
local function wordsOf(record)
  local words = {}
  for word in string.gmatch(string.match(record, '^[^\\n]*'), '%S+') do words[#words + 1] = word end
  return words
end
`

/** Functions that take files out of the directory. */
export const FILES = `
${COUNT}
-- Takes a share out of the directory, or so many of its files. Returns how many.
local function unlist(peer, hash, most)
  local mine = K .. 'peer:' .. peer .. ':files:' .. hash
  local ids = call('SPOP', mine, most or call('SCARD', mine))
  local held = 0
  for _, id in ipairs(ids) do
    local record = call('HGET', K .. 'dir:files', id) or ''
    local words = wordsOf(record)
    held = held + costAlone(record, #words)
    call('SREM', K .. 'dir:by:' .. id, peer)
    if call('EXISTS', K .. 'dir:by:' .. id) == 0 then
      local freed = 0
      for _, word in ipairs(words) do
        call('SREM', K .. 'dir:word:' .. word, id)
        if call('EXISTS', K .. 'dir:word:' .. word) == 0 then
          call('ZREM', K .. 'dir:words', word)
          freed = freed + ${String(COST.word)}
        end
      end
      if call('HDEL', K .. 'dir:files', id) == 1 then count(-freed - costOf(record, #words)) end
    end
  end
  hold(peer, -held)
  if call('EXISTS', mine) == 1 then return #ids end
  call('SREM', K .. 'dir:share:' .. hash, peer)
  if call('SREM', K .. 'peer:' .. peer .. ':shares', hash) == 1 then
    count(-${String(SHARE_BYTES)})
    hold(peer, -${String(SHARE_BYTES)})
    if call('EXISTS', K .. 'peer:' .. peer .. ':shares') == 0 then call('DEL', K .. 'peer:' .. peer .. ':from') end
  end
  return #ids
end
-- All shares of a peer, or so many files and shares. Returns how many.
local function unlistAll(peer, most)
  local done = 0
  for _, hash in ipairs(call('SMEMBERS', K .. 'peer:' .. peer .. ':shares')) do
    if most and done >= most then break end
    done = done + 1 + unlist(peer, hash, most and most - done)
  end
  return done
end
`

/**
 * `server, peer, infohash, bytes, address, (id, words, listing)...` -> 1, or 0 when the directory is full, or the address
 * holds more than its share of it. No address: nothing is counted for one.
 */
const list = script(
  COUNT,
  `
local server, peer, hash, room, address = unpack(ARGV, 1, 5)
if not owns(server, peer) then return false end
local free = room - (call('GET', K .. 'dir:bytes') or 0)
local held = address == '' and 0 or call('HGET', K .. 'dir:from', address) or 0
if free <= 0 or held * ${String(FREE_PER_HELD)} >= free then return 0 end
if address ~= '' then call('SETNX', K .. 'peer:' .. peer .. ':from', address) end
local taken, more = 0, 0
call('SADD', K .. 'dir:share:' .. hash, peer)
if call('SADD', K .. 'peer:' .. peer .. ':shares', hash) == 1 then taken, more = ${String(SHARE_BYTES)}, ${String(SHARE_BYTES)} end
for at = 6, #ARGV, 3 do
  local id, record = ARGV[at], ARGV[at + 1] .. '\\n' .. ARGV[at + 2]
  local words = wordsOf(record)
  if call('HSETNX', K .. 'dir:files', id, record) == 1 then
    for _, word in ipairs(words) do
      call('SADD', K .. 'dir:word:' .. word, id)
      if call('ZADD', K .. 'dir:words', 0, word) == 1 then taken = taken + ${String(COST.word)} end
    end
    taken = taken + costOf(record, #words)
  end
  call('SADD', K .. 'dir:by:' .. id, peer)
  if call('SADD', K .. 'peer:' .. peer .. ':files:' .. hash, id) == 1 then more = more + costAlone(record, #words) end
end
count(taken)
hold(peer, more)
return 1
`,
)

/** `server, peer, isReset, infohash...`: takes shares out of the directory, or all of them. */
const withdraw = script(
  FILES,
  `
if not owns(ARGV[1], ARGV[2]) then return false end
if ARGV[3] == '1' then unlistAll(ARGV[2]) end
for at = 4, #ARGV do unlist(ARGV[2], ARGV[at]) end
return 1
`,
)

/** `asker, limit, looked, providers, word...` -> hits, best first: listing, number of peers, some of them. */
const search = script(`
local asker, limit, looked, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local t, last = now(), ARGV[#ARGV]
local set = function(word) return K .. 'dir:word:' .. word end
-- Everything with the rarest whole word, or with a word that begins like the last: whichever is less.
local sets, size = { set(last) }, call('SCARD', set(last))
for _, word in ipairs(call('ZRANGEBYLEX', K .. 'dir:words', '(' .. last, '(' .. last .. '\\255', 'LIMIT', 0, looked)) do
  sets[#sets + 1] = set(word)
  size = size + call('SCARD', set(word))
  if size > looked * 4 then break end
end
for at = 5, #ARGV - 1 do
  local count = call('SCARD', set(ARGV[at]))
  if count == 0 then return {} end
  if count < size then sets, size = { set(ARGV[at]) }, count end
end
local function fits(words)
  for at = 5, #ARGV - 1 do
    if not string.find(words, ' ' .. ARGV[at] .. ' ', 1, true) then return false end
  end
  return string.find(words, ' ' .. last, 1, true) ~= nil
end
local hits, seen, room = {}, {}, looked
for order, key in ipairs(sets) do
  if room <= 0 then break end
  local ids = call('SRANDMEMBER', key, room)
  room = room - #ids
  for _, id in ipairs(ids) do
    local record = not seen[id] and call('HGET', K .. 'dir:files', id)
    seen[id] = true
    if record and fits(string.match(record, '^[^\\n]*')) then
      local peers = {}
      for _, peer in ipairs(call('SRANDMEMBER', K .. 'dir:by:' .. id, most + 1)) do
        if peer ~= asker and #peers < most and lives(peer, t) then peers[#peers + 1] = peer end
      end
      if #peers > 0 then
        hits[#hits + 1] = { string.match(record, '\\n(.*)$'), call('SCARD', K .. 'dir:by:' .. id), peers, order = order }
      end
    end
  end
end
table.sort(hits, function(a, b)
  if a[2] ~= b[2] then return a[2] > b[2] end
  if a.order ~= b.order then return a.order < b.order end
  return a[1] < b[1]
end)
for at = #hits, limit + 1, -1 do hits[at] = nil end
return hits
`)

/** `asker, infohash, limit` -> peers that offer the share. */
const providers = script(`
local t, found = now(), {}
for _, peer in ipairs(call('SRANDMEMBER', K .. 'dir:share:' .. ARGV[2], ARGV[3] * 2)) do
  if #found >= tonumber(ARGV[3]) then break end
  if peer ~= ARGV[1] and lives(peer, t) then found[#found + 1] = peer end
end
return found
`)

export const DIRECTORY_SCRIPTS = { list, withdraw, search, providers } as const
