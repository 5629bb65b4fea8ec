import { createHash } from 'node:crypto'

/**
 * What the servers share, as Redis sees it. Each script is atomic. All times are Redis's own, so that the clocks of the
 * servers need not agree. Keys are made from arguments: one Redis, or one with a stand-by, but no Redis Cluster.
 *
 * | Key | Type | Holds |
 * |---|---|---|
 * | `leases` | sorted set | peer, by the end of its lease |
 * | `owners` | hash | peer to the server that holds its socket |
 * | `since` | hash | peer to when that socket identified |
 * | `swarm:H`, `swarm:H:seeds` | sorted sets | peers of a swarm, and those with all of it, by the end of silence |
 * | `swarm:H:memo`, `swarm:H:done`, `remembered` | hash, set, sorted set | when a seed was last there, how often it was completed, by whom; swarms with a memory, by when they are empty |
 * | `dir:files`, `dir:bytes` | hash, number | file id to its words and its listing; about how much memory the directory takes |
 * | `dir:from`, `peer:P:from` | hash, string | bytes that the files of each address take at the most; the address of a peer that lists files |
 * | `dir:words`, `dir:word:W` | sorted set, sets | all words in alphabetical order; ids of files by word |
 * | `dir:by:I`, `dir:share:H` | sets | peers by file, peers by share |
 * | `near:N` | hash | peer to card, by network |
 * | `peer:P:swarms` | sorted set | swarms of a peer, by the end of silence |
 * | `peer:P:…` | | what is to be taken away with a peer |
 */
export const PREFIX = 'ringdrop2:'

/** Functions that scripts have in common. */
const COMMON = `
local K = '${PREFIX}'
local call = redis.call
local function now()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function owns(server, peer) return call('HGET', K .. 'owners', peer) == server end
local function lives(peer, t) return tonumber(call('ZSCORE', K .. 'leases', peer) or 0) > t end
`

/** A Lua script and the digest by which Redis knows it. */
export interface Script {
  readonly text: string
  readonly sha: string
}

/**
 * Lets a script run when Redis's memory is full (Redis 7; it must be the first line). For scripts that take no memory
 * worth the name, and whose failing would take away what is there.
 */
export const ALLOW_OOM = '#!lua flags=allow-oom'

/** Puts a script together from parts. */
export function script(...parts: string[]): Script {
  const flags = parts[0] === ALLOW_OOM ? ALLOW_OOM : ''
  const text = [flags, COMMON, ...parts.slice(flags === '' ? 0 : 1)].join('\n').trimStart()
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
