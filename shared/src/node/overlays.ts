import type { PeerId } from '../kernel/ids.ts'
import type { CoreParts, OverlayCores, OwnEffect } from './overlay-cores.ts'
import type { CommonInput } from './overlay-system.ts'
import { OVERLAYS, type OverlayName } from './systems.ts'

/** Slots of KaZaA's upload queues. */
export type QueueEffect = Extract<
  OwnEffect,
  { type: 'queued' | 'granted' | 'serve' | 'unserve' | 'released' }
>

export interface OverlaysOptions extends Omit<CoreParts, 'now'> {
  /** `null` where their code comes later, see {@link Overlays.cores}. */
  readonly cores: OverlayCores | null
}

/** The discovery systems that work over links; each can be switched off, and starts anew when it is switched on. */
export class Overlays {
  /** Without them nothing can be switched on. */
  cores: OverlayCores | null
  readonly #options: OverlaysOptions
  /** Counts the cores made so far: each has random numbers of its own. */
  #generation = 0
  gnutella: ReturnType<OverlayCores['gnutella']> | null = null
  kazaa: ReturnType<OverlayCores['kazaa']> | null = null
  ring: ReturnType<OverlayCores['ring']> | null = null

  constructor(options: OverlaysOptions) {
    this.#options = options
    this.cores = options.cores
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
    const { cores } = this
    if (cores === null) return
    const rng = this.#options.rng.child(`${name} ${String(this.#generation++)}`)
    const parts = { ...this.#options, rng, now }
    if (name === 'gnutella') this.gnutella = cores.gnutella(parts)
    else if (name === 'kazaa') this.kazaa = cores.kazaa(parts)
    else this.ring = cores.ring(parts)
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
}
