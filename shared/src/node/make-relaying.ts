import type { PeerId } from '../kernel/ids.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TokenBucket } from '../kernel/token-bucket.ts'
import type { Connector } from './connector.ts'
import type { Discovery } from './discovery.ts'
import type { LinkManager } from './link-manager.ts'
import type { Links } from './links.ts'
import type { NodeEffect } from './node-io.ts'
import { Relaying } from './relaying.ts'

/** Parts of the node that is being built; relaying and linking need each other. */
export interface RelayingSurroundings {
  readonly self: PeerId
  readonly rng: Rng
  readonly now: number
  readonly links: Links
  readonly uploadBucket: TokenBucket
  readonly emit: (effect: NodeEffect) => void
  readonly discovery: Discovery
  readonly isWanted: (peer: PeerId) => boolean
  readonly linking: () => LinkManager
  readonly connector: () => Connector
}

/** Puts relaying into its place between links, introductions and the systems. */
export function makeRelaying({ linking, connector, discovery, ...parts }: RelayingSurroundings): Relaying {
  return new Relaying({
    ...parts,
    dial: (peer, now) => connector().callForOther(peer, now),
    connect: (peer, circuit, now) => {
      const carriers = connector().carriersTo(peer, new Set([circuit.relay]), now)
      linking().introduce({ type: 'connect', peer, carriers, circuit }, now)
    },
    seekPath: (peer, now) => connector().callBeside(peer, now),
    lost: (sid, now) => linking().introduce({ type: 'channelClosed', sid }, now),
    onCongestion: (sid, state, now) => linking().onCongestion(sid, state, now),
    onUnreachable: (peer, now) => linking().onUnreachable(peer, now),
    onCarried: (from, bytes, now) => discovery.overlays.kazaa?.feed({ type: 'received', from, bytes }, now),
  })
}
