import type { ChordView } from '../protocols/chord/chord.ts'
import type { DirectoryState } from '../protocols/directory/client.ts'
import type { GnutellaView } from '../protocols/gnutella/servent-api.ts'
import type { KazaaView } from '../protocols/kazaa/kazaa-api.ts'
import type { TrafficView } from './overlay-system.ts'
import type { SharingNode } from './sharing-node.ts'

type Overlay<View> = (View & { readonly traffic: TrafficView }) | null

/** The discovery systems of a node as plain JSON; `null` for one that is switched off. */
export interface SystemsView {
  /** What is passed on for others: envelopes, and the bytes of circuits. */
  readonly relay: {
    readonly relayed: number
    readonly refused: number
    readonly circuits: number
    readonly carriedBytes: number
  }
  /** Whether the code of those that work over links is there yet. */
  readonly overlays: 'starting' | 'ready'
  readonly directory: { readonly state: DirectoryState } | null
  readonly gnutella: Overlay<GnutellaView>
  readonly kazaa: Overlay<KazaaView>
  readonly ring: Overlay<ChordView>
}

export function systemsView({ relay, relaying, discovery }: SharingNode): SystemsView {
  const { gnutella, kazaa, ring } = discovery.overlays
  return {
    relay: {
      relayed: relay.relayedCount,
      refused: relay.refusedCount,
      circuits: relaying.desk.circuitCount,
      carriedBytes: relaying.desk.carriedBytes,
    },
    overlays: discovery.overlays.cores === null ? 'starting' : 'ready',
    directory: discovery.isOn('directory') ? { state: discovery.directory.state } : null,
    gnutella: gnutella === null ? null : { ...gnutella.core.view(), traffic: gnutella.traffic },
    kazaa: kazaa === null ? null : { ...kazaa.core.view(), traffic: kazaa.traffic },
    ring: ring === null ? null : { ...ring.core.view(), traffic: ring.traffic },
  }
}
