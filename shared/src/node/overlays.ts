import type { PeerId } from '../kernel/ids.ts'
import { isOneOf } from '../kernel/one-of.ts'
import type { Rng } from '../kernel/rng.ts'
import type { WallClock } from '../kernel/wall-clock.ts'
import { ChordNode, type ChordEffect, type ChordInput } from '../protocols/chord/chord.ts'
import { chordFormat } from '../protocols/chord/codec.ts'
import type { ChordMessage } from '../protocols/chord/messages.ts'
import { Servent } from '../protocols/gnutella/servent.ts'
import type { GnutellaEffect, GnutellaInput } from '../protocols/gnutella/servent-api.ts'
import { gnutellaFormat } from '../protocols/gnutella/codec.ts'
import type { GnutellaMessage } from '../protocols/gnutella/messages.ts'
import { KazaaNode } from '../protocols/kazaa/kazaa.ts'
import type { KazaaEffect, KazaaInput } from '../protocols/kazaa/kazaa-api.ts'
import { kazaaFormat } from '../protocols/kazaa/codec.ts'
import type { KazaaMessage } from '../protocols/kazaa/messages.ts'
import type { OverlayEffect, OverlayInput } from '../discovery/overlay.ts'
import type { LinkMessage } from './link-codec.ts'
import { OverlaySystem, type CommonEffect, type CommonInput } from './overlay-system.ts'
import { OVERLAYS, type OverlayName } from './systems.ts'

/** What a system has of its own, besides what all have in common. */
type Own<All extends { readonly type: string }, Common extends { readonly type: string }> = Exclude<
  All,
  { readonly type: Common['type'] }
>
export type ChordOwnInput = Own<ChordInput, OverlayInput<ChordMessage>>
export type GnutellaOwnInput = Own<GnutellaInput, OverlayInput<GnutellaMessage>>
export type KazaaOwnInput = Own<KazaaInput, OverlayInput<KazaaMessage>>
export type OwnEffect =
  | Own<ChordEffect, OverlayEffect<ChordMessage>>
  | Own<GnutellaEffect, OverlayEffect<GnutellaMessage>>
  | Own<KazaaEffect, OverlayEffect<KazaaMessage>>

/** Slots of KaZaA's upload queues. */
export type QueueEffect = Extract<
  OwnEffect,
  { type: 'queued' | 'granted' | 'serve' | 'unserve' | 'released' }
>

export interface OverlaysOptions {
  readonly self: PeerId
  /** Public key in hex. */
  readonly key: string
  readonly rng: Rng
  /** For dates; deadlines go by the node's own clock. */
  readonly wall: WallClock
  /** Sends if there is a link. @returns encoded size in bytes. */
  readonly send: (to: PeerId, message: LinkMessage) => number
  readonly onEffect: (name: OverlayName, effect: CommonEffect, now: number) => void
  readonly onOwnEffect: (effect: OwnEffect, now: number) => void
}

/** The discovery systems that work over links; each can be switched off, and starts anew when it is switched on. */
export class Overlays {
  readonly #options: OverlaysOptions
  /** Counts the cores made so far: each has random numbers of its own. */
  #generation = 0
  gnutella: ReturnType<Overlays['makeGnutella']> | null = null
  kazaa: ReturnType<Overlays['makeKazaa']> | null = null
  ring: ReturnType<Overlays['makeRing']> | null = null

  constructor(options: OverlaysOptions) {
    this.#options = options
  }

  /** Those that are switched on. */
  all() {
    return [this.gnutella, this.kazaa, this.ring].filter((system) => system !== null)
  }

  get(name: OverlayName) {
    return this[name]
  }

  isOn(name: OverlayName): boolean {
    return this[name] !== null
  }

  get on(): OverlayName[] {
    return OVERLAYS.filter((name) => this.isOn(name))
  }

  /** Makes the system's core anew; links and shares have yet to be told to it. */
  switchOn(name: OverlayName, now: number): void {
    if (name === 'gnutella') this.gnutella = this.makeGnutella(now)
    else if (name === 'kazaa') this.kazaa = this.makeKazaa(now)
    else this.ring = this.makeRing(now)
  }

  /** Says goodbye to the neighbours and forgets the core. */
  switchOff(name: OverlayName, now: number): void {
    this.leave(name, now)
    this[name] = null
  }

  leave(name: OverlayName, now: number): void {
    this[name]?.feed({ type: 'leaving' }, now)
  }

  feedAll(input: CommonInput, now: number): void {
    for (const system of this.all()) system.feed(input, now)
  }

  needs(peer: PeerId): boolean {
    return this.all().some((system) => system.needs(peer))
  }

  wakeAt(): number {
    return Math.min(Infinity, ...this.all().map((system) => system.wakeAt()))
  }

  protected makeGnutella(now: number) {
    const { self } = this.#options
    const core = new Servent({ self, rng: this.#rng('gnutella'), now })
    return new OverlaySystem<
      GnutellaMessage,
      GnutellaOwnInput,
      Own<GnutellaEffect, OverlayEffect<GnutellaMessage>>,
      Servent
    >(
      core,
      {
        ...this.#parts('gnutella'),
        send: (to, message) => this.#options.send(to, { type: 'gnutella', message }),
        sizeOf: (message) => gnutellaFormat.size(message),
      },
      isOneOf<GnutellaEffect, 'hostCacheChanged'>(['hostCacheChanged']),
    )
  }

  protected makeKazaa(now: number) {
    const { self, key, wall } = this.#options
    const core = new KazaaNode({ self, key, wall, rng: this.#rng('kazaa'), now })
    return new OverlaySystem<
      KazaaMessage,
      KazaaOwnInput,
      Own<KazaaEffect, OverlayEffect<KazaaMessage>>,
      KazaaNode
    >(
      core,
      {
        ...this.#parts('kazaa'),
        send: (to, message) => this.#options.send(to, { type: 'kazaa', message }),
        sizeOf: (message) => kazaaFormat.size(message),
      },
      isOneOf<KazaaEffect, 'queued' | 'granted' | 'serve' | 'unserve' | 'released'>([
        'queued',
        'granted',
        'serve',
        'unserve',
        'released',
      ]),
    )
  }

  protected makeRing(now: number) {
    const { self, key, wall } = this.#options
    const core = new ChordNode({ self, key, wall, rng: this.#rng('ring'), now })
    return new OverlaySystem<
      ChordMessage,
      ChordOwnInput,
      Own<ChordEffect, OverlayEffect<ChordMessage>>,
      ChordNode
    >(
      core,
      {
        ...this.#parts('ring'),
        send: (to, message) => this.#options.send(to, { type: 'chord', message }),
        sizeOf: (message) => chordFormat.size(message),
      },
      isOneOf<ChordEffect, 'recordsChanged' | 'lookedUp'>(['recordsChanged', 'lookedUp']),
    )
  }

  #parts(name: OverlayName) {
    const { onEffect, onOwnEffect } = this.#options
    return { name, onEffect, onOwnEffect }
  }

  #rng(name: OverlayName): Rng {
    return this.#options.rng.child(`${name} ${String(this.#generation++)}`)
  }
}
