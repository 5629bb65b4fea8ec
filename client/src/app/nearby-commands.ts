import { toHex } from '@ringdrop/shared/kernel/bytes.ts'
import { assertNever } from '@ringdrop/shared/kernel/core.ts'
import { parseNonce, type InfoHash, type Nonce } from '@ringdrop/shared/kernel/ids.ts'
import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { nearbyView } from '@ringdrop/shared/node/nearby-view.ts'
import { cleanDisplayName } from '@ringdrop/shared/wire/display-name.ts'
import { browserClock } from '../adapters/browser-clock.ts'
import { describeDevice } from '../adapters/device.ts'
import type { StateStore } from '../adapters/state-store.ts'
import type { AppCommand, AppNearbyView, AppResults, NearbyRefusal } from './api.ts'
import type { NodeRuntime } from './node-runtime.ts'

export type NearbyCommand = Extract<
  AppCommand,
  { type: 'nearby' | 'sendTo' | 'withdrawOffer' | 'answerOffer' }
>
type Answer = AppResults[NearbyCommand['type']]

const DONE = { refused: null, id: null } as const
const refuse = (refused: NearbyRefusal) => ({ refused, id: null }) as const

/** Being seen by others of the same network, and offers to and from them. */
export class NearbyCommands {
  #choice: { readonly isOn: boolean; readonly name: string } = { isOn: false, name: '' }

  constructor(
    readonly runtime: NodeRuntime,
    readonly state: StateStore,
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
    return { ...nearbyView(this.runtime.node, browserClock.now()), name: this.#choice.name }
  }

  async run(command: NearbyCommand): Promise<Answer> {
    switch (command.type) {
      case 'nearby':
        return this.#switch(command.isOn, command.name)
      case 'sendTo':
        return this.#sendTo(command.peerId, command.infoHash)
      case 'withdrawOffer':
        this.runtime.feed({ type: 'withdrawOffer', id: command.id })
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
