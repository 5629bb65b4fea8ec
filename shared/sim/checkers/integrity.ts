import { BLOCK } from '../../src/protocols/bittorrent/piece-picker.ts'
import type { ExchangeEffect } from '../../src/protocols/bittorrent/effects.ts'
import { goodBlock } from '../share.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'
import { check, short, type Checker } from './checker.ts'

/** No block is read for a peer, counted or passed on before it was verified and stored. */
export class IntegrityChecker implements Checker {
  readonly name = 'integrity'
  effect(node: SimNode, effect: ExchangeEffect): void {
    if (effect.type === 'read') {
      check(
        node.stored.get(effect.block),
        () => `${short(node.peer)} serves block ${String(effect.block)} unverified`,
      )
    }
    if (effect.type !== 'send' || effect.message.type !== 'piece') return
    const { bytes } = effect.message
    check(bytes === goodBlock(bytes.length), () => `${short(node.peer)} passes on bad bytes`)
  }

  inspect(world: World): void {
    for (const node of world.nodes.values()) {
      const { swarm } = node.exchange
      if (swarm === null || !node.isOnline) continue
      for (let block = 0; block < world.share.geometry.blockCount; block++) {
        const isCounted = swarm.picker.state(block) === BLOCK.have
        check(
          !isCounted || node.stored.get(block),
          () => `${short(node.peer)} counts block ${String(block)} unstored`,
        )
      }
    }
  }

  finish(world: World): void {
    this.inspect(world)
    for (const node of world.nodes.values()) {
      check(
        node.finishedAt === null || node.stored.isFull,
        () => `${short(node.peer)} finished with blocks missing`,
      )
    }
  }
}
