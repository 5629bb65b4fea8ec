import { DIRECTORY_SCRIPTS, FILES } from './directory-scripts.ts'
import { ALLOW_OOM, script } from './script.ts'

const SWARMS = `
-- Swarms of which something is remembered, by the time from which nobody is in them any more, unless somebody says a word.
-- They are remembered for a while, but not more than so many that are empty; some at a time, so that it stays short.
local function remember(hash, t, emptyAt, memory, limit)
  local all = K .. 'remembered'
  if call('EXISTS', K .. 'swarm:' .. hash .. ':memo') == 1 then call('ZADD', all, emptyAt, hash) end
  call('ZREMRANGEBYSCORE', all, '-inf', t - memory)
  local extra = math.min(100, call('ZCOUNT', all, '-inf', t) - limit)
  if extra <= 0 then return end
  for at, oldest in ipairs(call('ZPOPMIN', all, extra)) do
    if at % 2 == 1 then call('DEL', K .. 'swarm:' .. oldest .. ':memo', K .. 'swarm:' .. oldest .. ':done') end
  end
end
local function seedWasThere(hash, t, memory)
  call('HSET', K .. 'swarm:' .. hash .. ':memo', 'seed', t)
  call('PEXPIRE', K .. 'swarm:' .. hash .. ':memo', memory)
end
local function leave(peer, hash, t, memory, limit)
  local base = K .. 'swarm:' .. hash
  if call('ZREM', base, peer) == 0 then return end
  if call('ZREM', base .. ':seeds', peer) == 1 then seedWasThere(hash, t, memory) end
  if call('EXISTS', base) == 0 then remember(hash, t, t, memory, limit) end
end
local function stats(hash, t)
  local base = K .. 'swarm:' .. hash
  call('ZREMRANGEBYSCORE', base, '-inf', t)
  call('ZREMRANGEBYSCORE', base .. ':seeds', '-inf', t)
  local memo = call('HMGET', base .. ':memo', 'seed', 'completed')
  local ago = memo[1] and math.max(0, t - memo[1]) or -1
  return call('ZCARD', base), call('ZCARD', base .. ':seeds'), ago, tonumber(memo[2] or 0)
end
`

const PEERS = `
local function leaveNetwork(peer)
  local key = K .. 'peer:' .. peer .. ':network'
  local network = call('GET', key)
  if not network then return {} end
  call('DEL', key)
  call('HDEL', K .. 'near:' .. network, peer)
  return call('HKEYS', K .. 'near:' .. network)
end
-- All that a peer has registered is gone. Returns who is to be told that it is no longer nearby.
local function forget(peer, t, memory, limit)
  local swarms = K .. 'peer:' .. peer .. ':swarms'
  for _, hash in ipairs(call('ZRANGE', swarms, 0, -1)) do leave(peer, hash, t, memory, limit) end
  call('DEL', swarms)
  unlistAll(peer)
  call('ZREM', K .. 'leases', peer)
  call('HDEL', K .. 'owners', peer)
  call('HDEL', K .. 'since', peer)
  return leaveNetwork(peer)
end
`

/** Whether the socket that holds a peer identified later than another one. */
const SINCE = `
local function isNewer(peer, since) return tonumber(call('HGET', K .. 'since', peer) or 0) > since end
`

/**
 * `server, peer, age, lease, memory, limit` -> the server that held the peer until now, or nothing; those nearby. `age`: so
 * long ago the socket identified. A claim made later for an older socket is answered `refused`; a new socket, of age 0, is never
 * refused, whatever the clock of a stand-by says that has taken over.
 */
const claim = script(
  SWARMS,
  FILES,
  PEERS,
  SINCE,
  `
local server, peer, age, lease, memory, limit = unpack(ARGV)
local t = now()
local since = t - age
local before = call('HGET', K .. 'owners', peer)
if before and not lives(peer, t) then before = false end
if before and before ~= server and age ~= '0' and isNewer(peer, since) then return 'refused' end
local near = forget(peer, t, memory, tonumber(limit))
call('HSET', K .. 'owners', peer, server)
call('HSET', K .. 'since', peer, since)
call('ZADD', K .. 'leases', t + lease, peer)
return { before or '', near }
`,
)

/** `server, peer, memory, limit` -> those nearby. Does nothing when another server holds the peer. */
const release = script(
  SWARMS,
  FILES,
  PEERS,
  `
local server, peer, memory, limit = unpack(ARGV)
if not owns(server, peer) then return {} end
return forget(peer, now(), memory, tonumber(limit))
`,
)

/** `server, lease, (peer, age)...` -> peers to be claimed (again); peers of which another server has a newer socket. */
const renew = script(
  ALLOW_OOM,
  SINCE,
  `
local t, lost, moved = now(), {}, {}
for at = 3, #ARGV, 2 do
  local peer = ARGV[at]
  local owner = call('HGET', K .. 'owners', peer)
  if owner == ARGV[1] and call('ZSCORE', K .. 'leases', peer) then
    call('ZADD', K .. 'leases', t + ARGV[2], peer)
  elseif owner and owner ~= ARGV[1] and lives(peer, t) and isNewer(peer, t - ARGV[at + 1]) then
    moved[#moved + 1] = peer
  else
    lost[#lost + 1] = peer
  end
end
return { lost, moved }
`,
)

/**
 * `work, memory, limit` -> peers whose lease had ended, each with those nearby; 1 when there may be more. Of a peer with
 * many files it takes only so many away: the rest comes with the next call.
 */
const reap = script(
  SWARMS,
  FILES,
  PEERS,
  `
local t, gone, work = now(), {}, tonumber(ARGV[1])
for _, peer in ipairs(call('ZRANGEBYSCORE', K .. 'leases', '-inf', t, 'LIMIT', 0, work)) do
  if work <= 0 then return { gone, 1 } end
  work = work - 1 - unlistAll(peer, work) - call('ZCARD', K .. 'peer:' .. peer .. ':swarms')
  if call('EXISTS', K .. 'peer:' .. peer .. ':shares') == 1 then
    -- Should its server wake up now, it must say everything again.
    call('HDEL', K .. 'owners', peer)
    return { gone, 1 }
  end
  gone[#gone + 1] = { peer, forget(peer, t, ARGV[2], tonumber(ARGV[3])) }
end
return { gone, #gone > 0 and work <= 0 and 1 or 0 }
`,
)

/** `asker, count` -> peers that are online, at random. */
const sample = script(`
local t, found = now(), {}
for _, peer in ipairs(call('ZRANDMEMBER', K .. 'leases', ARGV[2] * 2 + 1)) do
  if #found >= tonumber(ARGV[2]) then break end
  if peer ~= ARGV[1] and lives(peer, t) then found[#found + 1] = peer end
end
return found
`)

/** `server, peer, infohash, event, left, want, silence, memory, limit` -> peers, seeders, age of the last seed, sample. */
const announce = script(
  SWARMS,
  `
local server, peer, hash, event, left, want, silence, memory, limit = unpack(ARGV)
if not owns(server, peer) then return false end
local t = now()
local base = K .. 'swarm:' .. hash
local mine = K .. 'peer:' .. peer .. ':swarms'
if event == 'stopped' then
  leave(peer, hash, t, memory, tonumber(limit))
  call('ZREM', mine, hash)
else
  call('ZADD', base, t + silence, peer)
  call('PEXPIRE', base, silence)
  call('ZADD', mine, t + silence, hash)
  call('ZREMRANGEBYSCORE', mine, '-inf', t)
  if left == '0' then
    call('ZADD', base .. ':seeds', t + silence, peer)
    call('PEXPIRE', base .. ':seeds', silence)
    seedWasThere(hash, t, memory)
  elseif call('ZREM', base .. ':seeds', peer) == 1 then
    seedWasThere(hash, t, memory)
  end
  if event == 'completed' and left == '0' and call('SADD', base .. ':done', peer) == 1 then
    call('HINCRBY', base .. ':memo', 'completed', 1)
    call('PEXPIRE', base .. ':done', memory)
  end
  remember(hash, t, t + silence, memory, tonumber(limit))
end
local all, seeds, ago = stats(hash, t)
if seeds > 0 then ago = 0 end
local peers = {}
if tonumber(want) > 0 then
  for _, other in ipairs(call('ZRANDMEMBER', base, want + 1)) do
    if other ~= peer and #peers < tonumber(want) then peers[#peers + 1] = other end
  end
end
return { all, seeds, ago, peers }
`,
)

/** `infohash` -> peers, seeders, age of the last seed, times completed. */
const scrape = script(
  SWARMS,
  `
local all, seeds, ago, completed = stats(ARGV[1], now())
if seeds > 0 then ago = 0 end
return { all, seeds, ago, completed }
`,
)

/**
 * `server, peer, network, card, limit` -> 1 when the card is new, 0 when it was known, -1 when the network is full;
 * its peers and their cards in turn; those of the network that the peer left. No card: be seen no longer.
 */
const near = script(
  PEERS.slice(0, PEERS.indexOf('-- All that')),
  `
local server, peer, network, card, limit = unpack(ARGV)
if not owns(server, peer) then return false end
local key, left = K .. 'near:' .. network, {}
local before = call('GET', K .. 'peer:' .. peer .. ':network')
if before ~= network or card == '' then left = leaveNetwork(peer) end
if card == '' then return { 0, {}, left } end
local known = call('HGET', key, peer)
if not known and call('HLEN', key) > tonumber(limit) then return { -1, {}, left } end
call('HSET', key, peer, card)
call('SET', K .. 'peer:' .. peer .. ':network', network)
return { known == card and 0 or 1, call('HGETALL', key), left }
`,
)

/** Every script that the servers run. */
export const SCRIPTS = {
  claim,
  release,
  renew,
  reap,
  sample,
  announce,
  scrape,
  ...DIRECTORY_SCRIPTS,
  near,
} as const
