import type { BlockIndex, PeerId } from '../../kernel/ids.ts'
import { Bitfield } from '../../content/bitfield.ts'
import { PROBE_REVEALS, SPREAD_TIMEOUT_MS, TURN_MS, TURN_REVEALS } from './constants.ts'
import type { Outbox } from './effects.ts'
import type { PeerLink } from './peer-link.ts'
import type { PeerRecord } from './peer-record.ts'

/** What we gave one peer in this visit. */
interface Pupil {
  /** What it did with it, in all its visits: to leave and join anew washes nothing off. */
  readonly record: PeerRecord
  /** All that we told it of. */
  readonly revealed: Bitfield
  /** Revealed and not sent yet. */
  readonly open: Set<BlockIndex>
  /** Blocks that may still be revealed in this turn; 0 when it has no turn. */
  turnLeft: number
  turnEndsAt: number
  /** Number of its last turn, to serve all alike. */
  lastTurn: number
}

/**
 * Super-seeding (BEP 16) by blocks: while we are the only full source, each peer is told of other blocks, so
 * that our uplink carries every block once before it carries any twice. Slots go round in short turns, to
 * those first whose blocks have spread: who keeps what it gets waits.
 */
export class SuperSeeder {
  readonly #pupils = new Map<PeerId, Pupil>()
  /** How many peers a block was revealed to and may yet be fetched or spread by. */
  readonly #given: Uint8Array
  readonly #holders: Uint16Array
  /** Blocks on their way into the swarm: who got them first, and when. Oldest first. */
  readonly #unspread = new Map<BlockIndex, { peer: PeerId; since: number }>()
  /** Blocks to be given again, since whoever got them left or keeps them. */
  readonly #again: BlockIndex[] = []
  #spreadCount = 0
  #openCount = 0
  #next = 0
  #turns = 0

  constructor(readonly blockCount: number) {
    this.#given = new Uint8Array(blockCount)
    this.#holders = new Uint16Array(blockCount)
  }

  /** True when hiding serves no purpose any more: every block is held by two peers, or there is no more to give. */
  get isDone(): boolean {
    return this.#spreadCount === this.blockCount || (!this.hasSupply && this.#openCount === 0)
  }

  get pupilCount(): number {
    return this.#pupils.size
  }

  /** True when nobody passes anything on: hiding only holds everyone up. */
  get isFutile(): boolean {
    for (const { record } of this.#pupils.values()) if (!record.isKeeper) return false
    return true
  }

  isHiddenFrom(peer: PeerId): boolean {
    return this.#pupils.has(peer)
  }

  mayRequest(peer: PeerId, block: BlockIndex): boolean {
    return this.#pupils.get(peer)?.revealed.get(block) ?? true
  }

  join({ peer, record }: PeerLink): void {
    const revealed = new Bitfield(this.blockCount)
    this.#pupils.set(peer, { record, revealed, open: new Set(), turnLeft: 0, turnEndsAt: 0, lastTurn: 0 })
  }

  leave(link: PeerLink): void {
    const pupil = this.#pupils.get(link.peer)
    this.#pupils.delete(link.peer)
    const unspread = new Set<BlockIndex>()
    for (const [block, { peer }] of this.#unspread) if (peer === link.peer) unspread.add(block)
    for (const block of link.theirs?.ones() ?? []) {
      this.#addHolder(block, -1)
      // What nobody but this peer had, and it did not get from us in a turn, is gone from the swarm as well.
      if (this.#holders[block] === 0 && !unspread.has(block)) this.#giveAgain(block)
    }
    for (const block of pupil?.open ?? []) this.#giveAgain(block)
    this.#openCount -= pupil?.open.size ?? 0
    for (const block of unspread) {
      this.#unspread.delete(block)
      this.#giveAgain(block)
    }
  }

  /** Whether the peer has a turn that is not over. */
  isOnTurn(peer: PeerId): boolean {
    const pupil = this.#pupils.get(peer)
    return pupil !== undefined && (pupil.open.size > 0 || pupil.turnLeft > 0)
  }

  /** Whether there is something to give. */
  get hasSupply(): boolean {
    while (this.#next < this.blockCount && (this.#given[this.#next] ?? 0) > 0) this.#next++
    return this.#next < this.blockCount || this.#again.length > 0
  }

  /** Above zero; the less of what it got is still unseen at others and the longer it waits, the higher. */
  meritOf(peer: PeerId): number {
    const pupil = this.#pupils.get(peer)
    return pupil === undefined ? 0 : 1 / (1 + pupil.record.unspreadBlocks) + 1e-9 / (1 + pupil.lastTurn)
  }

  beginTurn(link: PeerLink, batch: number, out: Outbox, now: number): void {
    const pupil = this.#pupils.get(link.peer)
    if (pupil === undefined) return
    // Who has not passed anything on yet gets little, since it may keep it.
    pupil.turnLeft = pupil.record.spreadBlocks === 0 ? PROBE_REVEALS : TURN_REVEALS * batch
    pupil.turnEndsAt = now + TURN_MS
    pupil.lastTurn = ++this.#turns
    this.topUp(link, batch, out)
  }

  /** Ends turns of peers that do not fetch, and gives up on blocks that do not spread. */
  onWake(now: number): void {
    for (const pupil of this.#pupils.values()) {
      if (now < pupil.turnEndsAt || (pupil.open.size === 0 && pupil.turnLeft === 0)) continue
      pupil.turnLeft = 0
      // As if it had fetched and kept them: it waits behind those who do better.
      pupil.record.unspreadBlocks += pupil.open.size
      pupil.record.keptBlocks += pupil.open.size
      for (const block of pupil.open) this.#giveAgain(block)
      this.#openCount -= pupil.open.size
      pupil.open.clear()
    }
    for (const [block, { peer, since }] of this.#unspread) {
      if (now < since + SPREAD_TIMEOUT_MS) break
      this.#unspread.delete(block)
      this.#giveAgain(block)
      const pupil = this.#pupils.get(peer)
      if (pupil !== undefined) pupil.record.keptBlocks++
    }
  }

  /** A peer announced a block: it counts as spread when somebody has it who did not get it from us. */
  sawBlock(peer: PeerId, block: BlockIndex): void {
    this.#addHolder(block, 1)
    // Somebody has it, from before or from elsewhere: it need not be given as new.
    if (this.#given[block] === 0) this.#given[block] = 1
    if (this.#pupils.get(peer)?.open.delete(block) === true) this.#openCount--
    const first = this.#unspread.get(block)
    if (first === undefined || first.peer === peer) return
    const giver = this.#pupils.get(first.peer)
    if (giver !== undefined) {
      giver.record.unspreadBlocks--
      giver.record.spreadBlocks++
    }
    this.#unspread.delete(block)
  }

  /** A block went out to a peer. */
  onSent(peer: PeerId, block: BlockIndex, now: number): void {
    const pupil = this.#pupils.get(peer)
    if (pupil?.open.delete(block) !== true) return
    this.#openCount--
    if (this.#unspread.has(block) || (this.#holders[block] ?? 0) > 1) return
    pupil.record.unspreadBlocks++
    this.#unspread.set(block, { peer, since: now })
  }

  /** Reveals more blocks to a peer on its turn. @param batch how many to keep revealed ahead. */
  topUp(link: PeerLink, batch: number, out: Outbox): void {
    const pupil = this.#pupils.get(link.peer)
    if (pupil === undefined || pupil.turnLeft === 0 || link.theirs === null) return
    if (pupil.open.size > batch / 2) return
    let room = Math.min(batch - pupil.open.size, pupil.turnLeft)
    while (room > 0) {
      const run = this.#nextRun(link, pupil, room)
      if (run === null) {
        pupil.turnLeft = 0
        return
      }
      for (let block = run.first; block < run.first + run.count; block++) {
        pupil.revealed.set(block)
        pupil.open.add(block)
        this.#openCount++
        this.#given[block] = Math.min(255, (this.#given[block] ?? 0) + 1)
      }
      out.send(link.peer, { type: 'have', ...run })
      room -= run.count
      pupil.turnLeft -= run.count
    }
  }

  /** The next run that nobody was given; when there is none, a block that is to be given again. */
  #nextRun(link: PeerLink, pupil: Pupil, length: number): { first: BlockIndex; count: number } | null {
    if (!this.hasSupply) return null
    if (this.#next < this.blockCount) {
      const first = this.#next
      let count = 1
      while (count < length && first + count < this.blockCount && this.#given[first + count] === 0) count++
      return { first, count }
    }
    const fits = (block: BlockIndex) => link.theirs?.get(block) !== true && !pupil.revealed.get(block)
    const position = this.#again.findIndex(fits)
    const first = this.#again[position]
    if (first === undefined) return null
    this.#again.splice(position, 1)
    return { first, count: 1 }
  }

  #giveAgain(block: BlockIndex): void {
    if ((this.#holders[block] ?? 0) < 2) this.#again.push(block)
  }

  #addHolder(block: BlockIndex, change: number): void {
    const before = this.#holders[block] ?? 0
    const after = before + change
    this.#holders[block] = after
    if (before < 2 && after >= 2) this.#spreadCount++
    if (before >= 2 && after < 2) this.#spreadCount--
  }
}
