import type { PeerId } from '../../src/kernel/ids.ts'
import type { ExchangeMessage } from '../../src/protocols/bittorrent/messages.ts'
import type { SimNode } from '../sim-node.ts'
import type { World } from '../world.ts'
import { check, short, type Checker } from './checker.ts'

/** As long as a link lives, each request is answered by exactly one piece or reject (BEP 6). */
export class AnswerChecker implements Checker {
  readonly name = 'answers'
  /** Requests that wait for an answer: asker, then whom it asked, then `piece:begin`. */
  readonly #open = new Map<PeerId, Map<PeerId, Set<number>>>()

  sent(from: SimNode, to: PeerId, message: ExchangeMessage): void {
    if (message.type !== 'request') return
    const open = this.#requests(from.peer, to)
    const key = keyOf(message.piece, message.begin)
    check(!open.has(key), () => `${short(from.peer)} asks ${short(to)} twice for ${describe(message)}`)
    open.add(key)
  }

  delivered(from: PeerId, to: SimNode, message: ExchangeMessage): void {
    if (message.type !== 'piece' && message.type !== 'reject') return
    const isOpen = this.#requests(to.peer, from).delete(keyOf(message.piece, message.begin))
    check(isOpen, () => `${short(from)} answers ${short(to.peer)} unasked: ${describe(message)}`)
  }

  disconnected(a: PeerId, b: PeerId): void {
    this.#open.get(a)?.delete(b)
    this.#open.get(b)?.delete(a)
  }

  finish(world: World): void {
    for (const [asker, asked] of this.#open) {
      for (const [peer, open] of asked) {
        // Cheats do as they like, and may still be fetching when the others have finished.
        if (!world.node(peer).isHonest || !world.node(asker).isHonest) continue
        check(open.size === 0, () => `${short(peer)} owes ${short(asker)} ${String(open.size)} answers`)
      }
    }
  }

  #requests(asker: PeerId, asked: PeerId): Set<number> {
    let byPeer = this.#open.get(asker)
    if (byPeer === undefined) this.#open.set(asker, (byPeer = new Map<PeerId, Set<number>>()))
    let open = byPeer.get(asked)
    if (open === undefined) byPeer.set(asked, (open = new Set()))
    return open
  }
}

/** Pieces are at most 16 MiB long. */
const keyOf = (piece: number, begin: number): number => piece * 2 ** 24 + begin

const describe = (range: { piece: number; begin: number }): string =>
  `piece ${String(range.piece)} at ${String(range.begin)}`
