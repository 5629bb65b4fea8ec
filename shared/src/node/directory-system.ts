import type { DiscoveryAnswer } from '../discovery/overlay.ts'
import {
  DirectoryClient,
  type DirectoryClientEffect,
  type DirectoryClientInput,
  type DirectoryState,
} from '../protocols/directory/client.ts'
import type { NodeEffect } from './node-io.ts'
import type { PublishCommand } from './publisher.ts'

/** The directory within the node: the one system that works over the server's socket instead of links. */
export class DirectorySystem {
  readonly #client = new DirectoryClient()
  readonly #emit: (effect: NodeEffect) => void
  readonly #onAnswer: (effect: DiscoveryAnswer, now: number) => void
  #isOn = true

  constructor(emit: (effect: NodeEffect) => void, onAnswer: (effect: DiscoveryAnswer, now: number) => void) {
    this.#emit = emit
    this.#onAnswer = onAnswer
  }

  get isOn(): boolean {
    return this.#isOn
  }

  get state(): DirectoryState {
    return this.#client.state
  }

  wakeAt(): number {
    return this.#client.wakeAt()
  }

  feed(input: DirectoryClientInput, now: number): void {
    for (const effect of this.#client.handle(input, now)) this.#apply(effect, now)
  }

  /** Lists what we publish, or withdraws it. */
  switch(isOn: boolean, published: readonly PublishCommand[], now: number): void {
    this.#isOn = isOn
    for (const command of published)
      this.feed(isOn ? command : { type: 'withdraw', infoHash: command.infoHash }, now)
  }

  /** Does nothing while it is switched off. */
  tell(command: PublishCommand, now: number): void {
    if (this.#isOn) this.feed(command, now)
  }

  #apply(effect: DirectoryClientEffect, now: number): void {
    if (effect.type === 'update') this.#emit({ type: 'directoryUpdate', request: effect.request })
    else if (effect.type === 'ask') this.#emit({ ...effect, type: 'directorySearch' })
    else this.#onAnswer(effect, now)
  }
}
