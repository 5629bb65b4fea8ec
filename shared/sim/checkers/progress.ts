import type { PeerId } from '../../src/kernel/ids.ts'
import { isFetching } from '../../src/protocols/bittorrent/exchange-state.ts'
import type { PeerLink } from '../../src/protocols/bittorrent/peer-link.ts'
import { BLOCK } from '../../src/protocols/bittorrent/piece-picker.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'
import { check, short, type Checker } from './checker.ts'

/** So long may a link stay idle that could be used: the snub time and a little. */
const IDLE_LIMIT_MS = 30_000

/** Nobody sits idle beside a peer that has unchoked it and has blocks that it could ask for. */
export class ProgressChecker implements Checker {
  readonly name = 'progress'
  readonly #idleSince = new Map<string, number>()

  inspect(world: World): void {
    for (const node of world.nodes.values()) {
      for (const link of node.exchange.links.values()) this.#look(world, node, link)
    }
  }

  disconnected(a: PeerId, b: PeerId): void {
    this.#idleSince.delete(`${a}:${b}`)
    this.#idleSince.delete(`${b}:${a}`)
  }

  #look(world: World, node: SimNode, link: PeerLink): void {
    const key = `${node.peer}:${link.peer}`
    if (!node.isOnline || !isIdle(node, link)) {
      this.#idleSince.delete(key)
      return
    }
    const since = this.#idleSince.get(key) ?? world.clock.now
    this.#idleSince.set(key, since)
    const idleMs = world.clock.now - since
    check(idleMs <= IDLE_LIMIT_MS, () => `${short(node.peer)} asks nothing of ${short(link.peer)}`)
  }
}

function isIdle(node: SimNode, link: PeerLink): boolean {
  const { swarm, state } = node.exchange
  if (swarm === null || !isFetching(state) || link.peerChoking || link.askedCount > 0) return false
  if (link.trust === 'quarantined' || link.theirs === null || link.usefulCount === 0) return false
  for (const block of link.theirs.ones()) {
    if (swarm.picker.state(block) !== BLOCK.free || !swarm.picker.isMissing(block)) continue
    if (link.outstanding.has(block) || swarm.hashes.leafOf(block) === null) continue
    return true
  }
  return false
}
