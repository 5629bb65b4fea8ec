import { toHex } from '../../src/kernel/bytes.ts'
import { parseInfoHash, parseNonce, type InfoHash, type Nonce, type PeerId } from '../../src/kernel/ids.ts'
import { defined } from '../../src/kernel/invariant.ts'
import { pick, shuffled } from '../../src/kernel/rng.ts'
import type { ChordMessage, Found } from '../../src/protocols/chord/messages.ts'
import { clockwiseFrom, providerKey } from '../../src/protocols/chord/position.ts'
import { settle } from './chord-start.ts'
import { RingWorld } from './chord-world.ts'
import { round } from './swarm-figures.ts'

/**
 * Many keys of one person on the ring. They keep the ring as everybody does, and say of every record that is asked for
 * at them that there is none: those they hold, and with `intercepts` those they should have passed the question on for, too.
 */
export interface SybilScenario {
  readonly peers: number
  readonly seed: number
  /** Shares, each of one honest provider. */
  readonly shares: number
  /** Share of the ring that is theirs, anywhere: 0 to 1. */
  readonly anywhere: number
  /** So many of them sit right behind the place of the first share, as if keys had been made until they fit. */
  readonly behindTarget: number
  readonly intercepts: boolean
}

export interface SybilResult {
  readonly peers: number
  readonly seed: number
  readonly sybils: number
  readonly intercepts: boolean
  readonly searches: number
  /** Share of the searches for shares elsewhere that found them. */
  readonly foundElsewhere: number
  /** The same for the share that they sit behind. */
  readonly foundTarget: number
}

const SETTLE_MS = 8_000
const PUBLISH_MS = 16_000
const SEARCH_MS = 7_000
const LINK_CAP = 24
/** Searches of each share, by as many honest peers. */
const SEEKERS = 10

/** Settles a ring, publishes, lets the Sybils begin to hide, and searches. */
export function runSybil(scenario: SybilScenario): SybilResult {
  const { peers, seed, shares, intercepts } = scenario
  const ring = new RingWorld({ seed, linkCap: LINK_CAP, routing: 'full' })
  settle(ring, peers)
  ring.world.run(SETTLE_MS)
  const infoHashes = Array.from({ length: shares }, () =>
    defined(parseInfoHash(toHex(ring.rng.bytes(32))), 'infohash'),
  )
  const target = defined(infoHashes[0], 'a share')
  const sybils = chooseSybils(ring, scenario, target)
  const honest = ring.sorted().filter((peer) => !sybils.has(peer))
  const providers = new Map<InfoHash, PeerId>()
  for (const infoHash of infoHashes) {
    const provider = defined(pick(ring.rng, honest), 'an honest peer')
    providers.set(infoHash, provider)
    ring.world.feed(provider, { type: 'publish', infoHash, listings: [] })
  }
  ring.world.run(PUBLISH_MS)
  hide(ring, sybils, intercepts)
  const found = searchAll(ring, honest, providers)
  const shareOf = (hits: readonly boolean[]) =>
    hits.length === 0 ? 1 : round(hits.filter(Boolean).length / hits.length, 4)
  const elsewhere = [...found].filter(([infoHash]) => infoHash !== target).flatMap(([, hits]) => hits)
  return {
    peers,
    seed,
    sybils: sybils.size,
    intercepts,
    searches: shares * SEEKERS,
    foundElsewhere: shareOf(elsewhere),
    foundTarget: shareOf(found.get(target) ?? []),
  }
}

function chooseSybils(ring: RingWorld, scenario: SybilScenario, target: InfoHash): ReadonlySet<PeerId> {
  const behind = [...ring.sorted()].sort(clockwiseFrom(providerKey(target))).slice(0, scenario.behindTarget)
  const anywhere = shuffled(ring.rng, ring.sorted()).slice(0, Math.round(scenario.anywhere * scenario.peers))
  return new Set([...behind, ...anywhere])
}

/** From now on what they answer, and with `intercepts` what they should pass on, says that there is nothing. */
function hide(ring: RingWorld, sybils: ReadonlySet<PeerId>, intercepts: boolean): void {
  const cameFrom = new Map<string, PeerId>()
  ring.world.observers.push({
    delivered: (from, { peer: to }, message) => {
      if (message.type === 'find' && sybils.has(to)) cameFrom.set(`${to} ${message.lookup}`, from)
    },
    effect: ({ peer }, effect) => {
      if (effect.type !== 'send' || !sybils.has(peer)) return
      const { message } = effect
      if (message.type === 'found' && message.owner === peer && message.answer.type === 'records')
        Object.assign(effect, { message: { ...message, answer: { type: 'records', records: [] } } })
      const back = message.type === 'find' ? cameFrom.get(`${peer} ${message.lookup}`) : undefined
      if (intercepts && back !== undefined && isForRecords(message))
        Object.assign(effect, { to: back, message: nothing(peer, message) })
    },
  })
}

type Find = Extract<ChordMessage, { type: 'find' }>

const isForRecords = (message: ChordMessage): message is Find =>
  message.type === 'find' && (message.ask.type === 'getProviders' || message.ask.type === 'getFiles')

const nothing = (owner: PeerId, { lookup, origin, hops, ttl, trace }: Find): Found => ({
  type: 'found',
  lookup,
  origin,
  owner,
  answer: { type: 'records', records: [] },
  hops,
  ttl,
  trace,
})

/** Every share is searched for by some honest peers, all at once; whether each found its provider. */
function searchAll(
  ring: RingWorld,
  honest: readonly PeerId[],
  providers: ReadonlyMap<InfoHash, PeerId>,
): Map<InfoHash, boolean[]> {
  const asked = new Map<Nonce, InfoHash>()
  const right = new Set<Nonce>()
  ring.world.observers.push({
    effect: (_, effect) => {
      if (effect.type !== 'providers') return
      const infoHash = asked.get(effect.id)
      const provider = infoHash === undefined ? undefined : providers.get(infoHash)
      if (provider !== undefined && effect.peers.includes(provider)) right.add(effect.id)
    },
  })
  for (const [infoHash, provider] of providers)
    for (const seeker of shuffled(
      ring.rng,
      honest.filter((peer) => peer !== provider),
    ).slice(0, SEEKERS)) {
      const id = defined(parseNonce(toHex(ring.rng.bytes(16))), 'nonce')
      asked.set(id, infoHash)
      const criteria = { by: 'infoHash', infoHash } as const
      ring.world.feed(seeker, { type: 'search', id, criteria, limit: 20 })
      ring.world.run(20)
    }
  ring.world.run(SEARCH_MS)
  const found = new Map<InfoHash, boolean[]>()
  for (const [id, infoHash] of asked) found.set(infoHash, [...(found.get(infoHash) ?? []), right.has(id)])
  return found
}
