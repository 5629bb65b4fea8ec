import type { PeerLink } from '../../src/protocols/bittorrent/peer-link.ts'
import { BLOCK } from '../../src/protocols/bittorrent/piece-picker.ts'
import type { Swarm } from '../../src/protocols/bittorrent/swarm.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'
import { check, short, type Checker } from './checker.ts'

/** Every count that is kept up to date step by step equals a recount from scratch. */
export class BookkeepingChecker implements Checker {
  readonly name = 'bookkeeping'
  inspect(world: World): void {
    for (const node of world.nodes.values()) {
      const { swarm } = node.exchange
      if (swarm === null || !node.isOnline) continue
      this.#checkAvailability(node, swarm)
      this.#checkPicker(node, swarm)
      for (const link of node.exchange.links.values()) this.#checkLink(node, swarm, link)
    }
  }

  finish(world: World): void {
    this.inspect(world)
  }

  #checkAvailability(node: SimNode, swarm: Swarm): void {
    const { geometry, picker } = swarm
    const counts = new Uint32Array(geometry.pieceCount)
    for (const link of node.exchange.links.values()) {
      if (!link.isCounted || link.theirs === null) continue
      for (let piece = 0; piece < counts.length; piece++) {
        const held = link.theirs.countRange(geometry.firstBlock(piece), geometry.blocksIn(piece))
        counts[piece] = (counts[piece] ?? 0) + held
      }
    }
    let before = 0
    for (let rank = 0; rank < counts.length; rank++) {
      const piece = picker.availability.at(rank)
      const count = picker.availability.count(piece)
      check(count === counts[piece], () => `${short(node.peer)} counts piece ${String(piece)} wrong`)
      check(count >= before, () => `${short(node.peer)} has rarity out of order at ${String(rank)}`)
      before = count
    }
  }

  #checkPicker(node: SimNode, swarm: Swarm): void {
    const { geometry, picker } = swarm
    let [free, missing] = [0, 0]
    const asked = new Set<number>()
    for (const link of node.exchange.links.values()) {
      for (const [block, request] of link.outstanding) if (request.state === 'asked') asked.add(block)
    }
    for (let block = 0; block < geometry.blockCount; block++) {
      const state = picker.state(block)
      const wanted = picker.isWantedPiece(geometry.pieceOf(block))
      if (wanted && state === BLOCK.free) free++
      if (wanted && state !== BLOCK.have) missing++
      const name = () => `${short(node.peer)} block ${String(block)}`
      if (state === BLOCK.requested) check(asked.has(block), () => `${name()} is asked of nobody`)
      if (state === BLOCK.free) check(!asked.has(block), () => `${name()} is asked of somebody and free`)
    }
    check(free === picker.freeCount, () => `${short(node.peer)} counts free blocks wrong`)
    check(missing === picker.missingCount, () => `${short(node.peer)} counts missing blocks wrong`)
  }

  #checkLink(node: SimNode, swarm: Swarm, link: PeerLink): void {
    const name = () => `${short(node.peer)} about ${short(link.peer)}`
    let asked = 0
    for (const request of link.outstanding.values()) if (request.state === 'asked') asked++
    check(asked === link.askedCount, () => `${name()}: askedCount`)
    let useful = 0
    for (const block of link.theirs?.ones() ?? []) if (swarm.picker.isMissing(block)) useful++
    check(
      useful === link.usefulCount,
      () => `${name()}: usefulCount ${String(link.usefulCount)} is ${String(useful)}`,
    )
  }
}
