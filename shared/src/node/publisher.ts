import type { InfoHash } from '../kernel/ids.ts'
import { listingName, type Listing } from '../discovery/listing.ts'
import { isFetching } from '../protocols/bittorrent/exchange-state.ts'
import type { ShareEntry } from './share-entry.ts'
import type { SystemName } from './systems.ts'

/**
 * How a share is offered to the discovery systems: not at all, by infohash alone (unlisted, or not complete
 * yet), or with its files in the keyword indexes.
 */
export type Offer = 'none' | 'byInfoHash' | 'listed'

export type PublishCommand =
  | { readonly type: 'publish'; readonly infoHash: InfoHash; readonly listings: readonly Listing[] }
  | { readonly type: 'withdraw'; readonly infoHash: InfoHash }

/** Files that the systems are told of in one turn, give or take a command: with 2,000 all of them took a quarter of a second. Our choice. */
const TURN_LISTINGS = 256

/** Watches the shares and says what the systems should be told. */
export class Publisher {
  readonly #offers = new Map<InfoHash, Offer>()

  /** @returns what has changed since the last time. */
  sync(entries: Iterable<[InfoHash, ShareEntry]>): PublishCommand[] {
    const commands: PublishCommand[] = []
    const gone = new Set(this.#offers.keys())
    for (const [infoHash, entry] of entries) {
      gone.delete(infoHash)
      const offer = offerOf(entry)
      if (offer === (this.#offers.get(infoHash) ?? 'none')) continue
      if (offer === 'none') gone.add(infoHash)
      else {
        this.#offers.set(infoHash, offer)
        commands.push(publishCommand(infoHash, entry, offer))
      }
    }
    for (const infoHash of gone)
      if (this.#offers.delete(infoHash)) commands.push({ type: 'withdraw', infoHash })
    return commands
  }

  /** Everything that is offered now, for a system that has just been switched on. */
  all(entries: Iterable<[InfoHash, ShareEntry]>): PublishCommand[] {
    const commands: PublishCommand[] = []
    for (const [infoHash, entry] of entries) {
      const offer = this.#offers.get(infoHash)
      if (offer !== undefined) commands.push(publishCommand(infoHash, entry, offer))
    }
    return commands
  }
}

/** What the systems have yet to be told: a share of many files is told to one system a turn, so that a page goes on. */
export class Tellings {
  /** `since`: when it came up. */
  readonly #queue: { readonly name: SystemName; readonly command: PublishCommand; readonly since: number }[] =
    []

  /** In the order of `names`, and for each in the order of the commands. */
  add(names: readonly SystemName[], command: PublishCommand, now: number): void {
    for (const name of names) this.#queue.push({ name, command, since: now })
  }

  /** A system is told everything otherwise, or nothing any more. */
  drop(name: SystemName): void {
    const left = this.#queue.filter((each) => each.name !== name)
    this.#queue.splice(0, Infinity, ...left)
  }

  wakeAt(): number {
    return this.#queue[0]?.since ?? Infinity
  }

  /** Tells what fits into this turn. */
  turn(tell: (name: SystemName, command: PublishCommand) => void): void {
    let told = 0
    while (told < TURN_LISTINGS) {
      const next = this.#queue.shift()
      if (next === undefined) return
      tell(next.name, next.command)
      told += next.command.type === 'publish' ? next.command.listings.length : 0
    }
  }
}

function offerOf({ exchange, isUnlisted }: ShareEntry): Offer {
  const { state, isStarted, swarm } = exchange
  if (swarm === null || state.name === 'paused' || state.name === 'failed') return 'none'
  if (state.name === 'seeding') return isUnlisted ? 'byInfoHash' : 'listed'
  return isStarted && isFetching(state) ? 'byInfoHash' : 'none'
}

function publishCommand(infoHash: InfoHash, entry: ShareEntry, offer: Offer): PublishCommand {
  return { type: 'publish', infoHash, listings: offer === 'listed' ? listingsOf(infoHash, entry) : [] }
}

/** Files that we hold whole; equal bytes under two names are listed under the first. */
function listingsOf(infoHash: InfoHash, { exchange }: ShareEntry): Listing[] {
  const listings = new Map<string, Listing>()
  const { swarm } = exchange
  swarm?.info.files.forEach(({ root, path, sizeBytes }, index) => {
    // Empty files have no root and nothing to fetch.
    if (root === null || listings.has(root) || !exchange.wishes.isSelected(index)) return
    listings.set(root, { root, infoHash, name: listingName(swarm.info.name, path), sizeBytes })
  })
  return [...listings.values()]
}
