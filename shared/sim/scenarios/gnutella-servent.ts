import type { OverlayEffect, OverlayInput } from '../../src/discovery/overlay.ts'
import type { PeerId } from '../../src/kernel/ids.ts'
import { gnutellaFormat } from '../../src/protocols/gnutella/codec.ts'
import type { GnutellaMessage } from '../../src/protocols/gnutella/messages.ts'
import type { GnutellaEffect, ServentOptions } from '../../src/protocols/gnutella/servent-api.ts'
import { Servent } from '../../src/protocols/gnutella/servent.ts'
import { OverlayWorld, type OverlayWorldOptions, type SimCore } from '../overlay-world.ts'

/** A servent in a simulated network: the world has no disk to save the host cache on. */
export class SimServent implements SimCore<GnutellaMessage> {
  readonly servent: Servent

  constructor(options: ServentOptions) {
    this.servent = new Servent(options)
  }

  handle(input: OverlayInput<GnutellaMessage>, now: number): OverlayEffect<GnutellaMessage>[] {
    return this.servent.handle(input, now).filter(isOverlayEffect)
  }

  wakeAt(): number {
    return this.servent.wakeAt()
  }

  needs(peer: PeerId): boolean {
    return this.servent.needs(peer)
  }

  accepts(peer: PeerId): boolean {
    return this.servent.accepts(peer)
  }
}

export type GnutellaWorld = OverlayWorld<GnutellaMessage, SimServent>

/** A world of servents that all have these options. */
export function gnutellaWorld(
  options: Omit<OverlayWorldOptions<GnutellaMessage, SimServent>, 'create' | 'sizeOf'>,
  servent: Omit<ServentOptions, 'self' | 'rng' | 'now'>,
): GnutellaWorld {
  return new OverlayWorld<GnutellaMessage, SimServent>({
    ...options,
    create: (self, rng, now) => new SimServent({ ...servent, self, rng, now }),
    sizeOf: (message) => gnutellaFormat.size(message),
  })
}

function isOverlayEffect(effect: GnutellaEffect): effect is OverlayEffect<GnutellaMessage> {
  return effect.type !== 'hostCacheChanged'
}
