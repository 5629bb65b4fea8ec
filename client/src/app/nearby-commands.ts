import { toHex } from '@ringdrop/shared/kernel/bytes.ts'
import { assertNever } from '@ringdrop/shared/kernel/core.ts'
import { parseNonce, type InfoHash, type Nonce } from '@ringdrop/shared/kernel/ids.ts'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { nearbyView, type OfferView } from '@ringdrop/shared/node/nearby-view.ts'
import type { OutgoingState } from '@ringdrop/shared/protocols/nearby/offer.ts'
import { cleanDisplayName } from '@ringdrop/shared/wire/display-name.ts'
import { browserClock } from '../adapters/browser-clock.ts'
import { describeDevice } from '../adapters/device.ts'
import type { StateStore } from '../adapters/state-store.ts'
import type { Addressee, AppCommand, AppNearbyView, AppResults, NearbyRefusal } from './api.ts'
import type { NodeRuntime } from './node-runtime.ts'
import { LATE_MS } from './until.ts'

export type NearbyCommand = Extract<
  AppCommand,
  { type: 'nearby' | 'sendTo' | 'withdrawOffer' | 'answerOffer' }
>
type Answer = AppResults[NearbyCommand['type']]

/** What came to nothing is told for so long, like the node's own offers. */
const TOLD_MS = 60_000

/** An offer that the node does not have: of somebody it does not see, yet or any more. */
type Unsent = OfferView<OutgoingState> & { readonly until: number }

const DONE = { refused: null, id: null } as const
const refuse = (refused: NearbyRefusal) => ({ refused, id: null }) as const

/** Being seen by others of the same network, and offers to and from them. */
export class NearbyCommands {
  #choice: { readonly isOn: boolean; readonly name: string } = { isOn: false, name: '' }

  readonly #unsent = new Map<Nonce, Unsent>()

  /** @param until waits until something of the node is so, or too late. */
  constructor(
    readonly runtime: NodeRuntime,
    readonly state: StateStore,
    readonly until: (isSo: () => boolean) => Promise<void>,
  ) {}

  /** Brings back what was chosen before. Nobody is shown who has not asked for it. */
  async start(): Promise<void> {
    const { name } = describeDevice()
    const stored = await this.state.nearby()
    this.#choice = { isOn: stored.isOn, name: cleanDisplayName(stored.name) ?? name }
    this.#apply()
  }

  /** With the name that is shown, or would be. */
  view(): AppNearbyView {
    const now = browserClock.now()
    const view = nearbyView(this.runtime.node, now)
    const unsent = [...this.#unsent.values()].flatMap(({ until, ...offer }) =>
      until > now ? [{ ...offer, leftMs: until - now }] : [],
    )
    return { ...view, name: this.#choice.name, outgoing: [...view.outgoing, ...unsent] }
  }

  async run(command: NearbyCommand): Promise<Answer> {
    switch (command.type) {
      case 'nearby':
        return this.#switch(command.isOn, command.name)
      case 'sendTo':
        return this.#sendTo(command.peerId, command.infoHash)
      case 'withdrawOffer':
        if (!this.#unsent.delete(command.id)) this.runtime.feed({ type: 'withdrawOffer', id: command.id })
        return DONE
      case 'answerOffer':
        if (!this.view().incoming.some(({ id, state }) => id === command.id && state === 'pending'))
          return refuse('unknownOffer')
        this.runtime.feed({ type: 'answerOffer', id: command.id, isAccepted: command.accept })
        return DONE
      default:
        return assertNever(command)
    }
  }

  /** Offers what has just been shared. Right after a takeover, the list of those nearby is still on its way. */
  async sendShared({ peer, name }: Addressee, infoHash: InfoHash): Promise<void> {
    const info = this.runtime.node.shares.get(infoHash)?.exchange.swarm?.info
    if (info === undefined) return
    const id = newId()
    const { name: shareName, totalBytes, files } = info
    const about = { id, peer, peerName: name, infoHash, shareName, totalBytes, fileCount: files.length }
    const keep = (state: OutgoingState, leftMs: number) =>
      this.#unsent.set(id, { ...about, state, leftMs, until: browserClock.now() + leftMs })
    const isSeen = () => this.runtime.node.nearby.client.cardOf(peer) !== undefined
    keep('dialling', LATE_MS)
    await this.until(() => isSeen() || !this.#unsent.has(id))
    // Taken back meanwhile, or else it is the node's to show.
    if (!this.#unsent.delete(id)) return
    const { refused } = this.#sendTo(peer, infoHash)
    // What has been offered already is shown.
    const isShown = this.view().outgoing.some((offer) => offer.peer === peer && offer.infoHash === infoHash)
    if (refused !== null && !isShown) keep('unreachable', TOLD_MS)
  }

  async #switch(isOn: boolean, name: string): Promise<Answer> {
    const clean = cleanDisplayName(name)
    if (clean === null && isOn) return refuse('badName')
    this.#choice = { isOn, name: clean ?? this.#choice.name }
    this.#apply()
    await this.state.saveNearby(this.#choice)
    return DONE
  }

  #apply(): void {
    const { isOn, name } = this.#choice
    this.runtime.feed({ type: 'nearbyCard', card: isOn ? { name, kind: describeDevice().kind } : null })
  }

  #sendTo(peer: Extract<NearbyCommand, { type: 'sendTo' }>['peerId'], infoHash: InfoHash): Answer {
    const exchange = this.runtime.node.shares.get(infoHash)?.exchange
    if (exchange === undefined || exchange.swarm === null) return refuse('unknownShare')
    const id = newId()
    this.runtime.feed({ type: 'sendOffer', id, peer, infoHash })
    // The node refuses whom it does not see, the same offer twice, and too many at a time.
    const isMade = this.view().outgoing.some((offer) => offer.id === id)
    return isMade ? { refused: null, id } : refuse('notNearby')
  }
}

function newId(): Nonce {
  return defined(parseNonce(toHex(crypto.getRandomValues(new Uint8Array(16)))), 'id')
}
