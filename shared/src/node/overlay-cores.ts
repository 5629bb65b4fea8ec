/** The cores of the overlays. A tab fetches this code when it can already share and download; types of it are free. */
import type { PeerId } from '../kernel/ids.ts'
import { isOneOf } from '../kernel/one-of.ts'
import type { Rng } from '../kernel/rng.ts'
import type { WallClock } from '../kernel/wall-clock.ts'
import { ChordNode, type ChordEffect, type ChordInput } from '../protocols/chord/chord.ts'
import { chordFormat } from '../protocols/chord/codec.ts'
import type { ChordMessage } from '../protocols/chord/messages.ts'
import { gnutellaFormat } from '../protocols/gnutella/codec.ts'
import type { GnutellaMessage } from '../protocols/gnutella/messages.ts'
import type { GnutellaEffect, GnutellaInput } from '../protocols/gnutella/servent-api.ts'
import { Servent } from '../protocols/gnutella/servent.ts'
import { kazaaFormat } from '../protocols/kazaa/codec.ts'
import type { KazaaEffect, KazaaInput } from '../protocols/kazaa/kazaa-api.ts'
import { KazaaNode } from '../protocols/kazaa/kazaa.ts'
import type { KazaaMessage } from '../protocols/kazaa/messages.ts'
import type { OverlayEffect, OverlayInput } from '../discovery/overlay.ts'
import type { LinkMessage } from './link-codec.ts'
import { OverlaySystem, type CommonEffect } from './overlay-system.ts'
import type { OverlayName } from './systems.ts'

/** What a system has of its own, besides what all have in common. */
type Own<All extends { readonly type: string }, Common extends { readonly type: string }> = Exclude<
  All,
  { readonly type: Common['type'] }
>
type ChordOwnInput = Own<ChordInput, OverlayInput<ChordMessage>>
type GnutellaOwnInput = Own<GnutellaInput, OverlayInput<GnutellaMessage>>
type KazaaOwnInput = Own<KazaaInput, OverlayInput<KazaaMessage>>
type ChordOwnEffect = Own<ChordEffect, OverlayEffect<ChordMessage>>
type GnutellaOwnEffect = Own<GnutellaEffect, OverlayEffect<GnutellaMessage>>
type KazaaOwnEffect = Own<KazaaEffect, OverlayEffect<KazaaMessage>>
/** An effect that only one of the systems has. */
export type OwnEffect = ChordOwnEffect | GnutellaOwnEffect | KazaaOwnEffect

/** What a core is made with. */
export interface CoreParts {
  readonly self: PeerId
  /** Public key in hex. */
  readonly key: string
  readonly rng: Rng
  /** For dates; deadlines go by the node's own clock. */
  readonly wall: WallClock
  readonly now: number
  /** Sends if there is a link. @returns encoded size in bytes. */
  readonly send: (to: PeerId, message: LinkMessage) => number
  readonly onEffect: (name: OverlayName, effect: CommonEffect, now: number) => void
  readonly onOwnEffect: (effect: OwnEffect, now: number) => void
}

/** Makes each overlay within a node. */
export const OVERLAY_CORES = {
  gnutella: ({ self, rng, now, send, onEffect, onOwnEffect }: CoreParts) =>
    new OverlaySystem<GnutellaMessage, GnutellaOwnInput, GnutellaOwnEffect, Servent>(
      new Servent({ self, rng, now }),
      {
        name: 'gnutella',
        send: (to, message) => send(to, { type: 'gnutella', message }),
        sizeOf: (message) => gnutellaFormat.size(message),
        onEffect,
        onOwnEffect,
      },
      isOneOf<GnutellaEffect, 'hostCacheChanged'>(['hostCacheChanged']),
    ),
  kazaa: ({ self, key, wall, rng, now, send, onEffect, onOwnEffect }: CoreParts) =>
    new OverlaySystem<KazaaMessage, KazaaOwnInput, KazaaOwnEffect, KazaaNode>(
      new KazaaNode({ self, key, wall, rng, now }),
      {
        name: 'kazaa',
        send: (to, message) => send(to, { type: 'kazaa', message }),
        sizeOf: (message) => kazaaFormat.size(message),
        onEffect,
        onOwnEffect,
      },
      isOneOf<KazaaEffect, KazaaOwnEffect['type']>(['queued', 'granted', 'serve', 'unserve', 'released']),
    ),
  ring: ({ self, key, wall, rng, now, send, onEffect, onOwnEffect }: CoreParts) =>
    new OverlaySystem<ChordMessage, ChordOwnInput, ChordOwnEffect, ChordNode>(
      new ChordNode({ self, key, wall, rng, now }),
      {
        name: 'ring',
        send: (to, message) => send(to, { type: 'chord', message }),
        sizeOf: (message) => chordFormat.size(message),
        onEffect,
        onOwnEffect,
      },
      isOneOf<ChordEffect, ChordOwnEffect['type']>(['recordsChanged', 'lookedUp']),
    ),
}
export type OverlayCores = typeof OVERLAY_CORES
