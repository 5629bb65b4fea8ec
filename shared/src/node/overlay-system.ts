import type { Core } from '../kernel/core.ts'
import type { PeerId } from '../kernel/ids.ts'
import type { OverlayCore, OverlayEffect, OverlayInput } from '../discovery/overlay.ts'
import type { OverlayName } from './systems.ts'

/** Traffic of one system with neighbours, since it was switched on. */
export interface TrafficView {
  readonly sentMessages: number
  readonly sentBytes: number
  readonly receivedMessages: number
  readonly receivedBytes: number
}

/** What the node tells every system alike. */
export type CommonInput = Exclude<OverlayInput<never>, { type: 'message' }>
/** What every system asks of the node alike; messages are sent by {@link OverlayParts.send}. */
export type CommonEffect = Exclude<OverlayEffect<never>, { type: 'send' }>

export interface OverlayParts<Message, OwnEffect> {
  readonly name: OverlayName
  /** Sends if there is a link. @returns encoded size in bytes. */
  readonly send: (to: PeerId, message: Message) => number
  /** Encoded size in bytes. */
  readonly sizeOf: (message: Message) => number
  readonly onEffect: (name: OverlayName, effect: CommonEffect, now: number) => void
  /** Effects that only this system has. */
  readonly onOwnEffect: (effect: OwnEffect, now: number) => void
}

type Hosted<Message, OwnInput, OwnEffect> = Core<
  OverlayInput<Message> | OwnInput,
  OverlayEffect<Message> | OwnEffect
> &
  OverlayCore

/** One discovery system within the node: its core, the links that it knows of, and what it cost. */
export class OverlaySystem<
  Message extends { readonly type: string },
  OwnInput extends { readonly type: string },
  OwnEffect extends { readonly type: string },
  SystemCore extends Hosted<Message, OwnInput, OwnEffect>,
> {
  readonly links = new Set<PeerId>()
  /** Peers with which the core wants a link and has had no answer yet. */
  readonly #dialled = new Set<PeerId>()
  #traffic = { sentMessages: 0, sentBytes: 0, receivedMessages: 0, receivedBytes: 0 }

  constructor(
    readonly core: SystemCore,
    readonly parts: OverlayParts<Message, OwnEffect>,
    readonly isOwnEffect: (effect: OverlayEffect<Message> | OwnEffect) => effect is OwnEffect,
  ) {}

  get name(): OverlayName {
    return this.parts.name
  }

  get traffic(): TrafficView {
    return { ...this.#traffic }
  }

  needs(peer: PeerId): boolean {
    return this.core.needs(peer)
  }

  wakeAt(): number {
    return this.core.wakeAt()
  }

  feed(input: CommonInput | OwnInput, now: number): void {
    this.#run(input, now)
  }

  linkUp(peer: PeerId, now: number): void {
    if (this.links.has(peer)) return
    this.links.add(peer)
    this.#dialled.delete(peer)
    this.#run({ type: 'linkUp', peer }, now)
  }

  /** No link for this system came about; does nothing unless it waits for one. */
  dialFailed(peer: PeerId, now: number): void {
    if (this.#dialled.delete(peer)) this.#run({ type: 'dialFailed', peer }, now)
  }

  linkDown(peer: PeerId, now: number): void {
    if (this.links.delete(peer)) this.#run({ type: 'linkDown', peer }, now)
  }

  onMessage(from: PeerId, message: Message, now: number): void {
    if (!this.links.has(from)) return
    this.#traffic.receivedMessages++
    this.#traffic.receivedBytes += this.parts.sizeOf(message)
    this.#run({ type: 'message', from, message }, now)
  }

  #run(input: OverlayInput<Message> | OwnInput, now: number): void {
    for (const effect of this.core.handle(input, now)) this.#apply(effect, now)
  }

  #apply(effect: OverlayEffect<Message> | OwnEffect, now: number): void {
    if (this.isOwnEffect(effect)) return this.parts.onOwnEffect(effect, now)
    if (effect.type === 'dial') this.#dialled.add(effect.peer)
    if (effect.type !== 'send') return this.parts.onEffect(this.name, effect, now)
    if (!this.links.has(effect.to)) return
    this.#traffic.sentMessages++
    this.#traffic.sentBytes += this.parts.send(effect.to, effect.message)
  }
}
