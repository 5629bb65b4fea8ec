import { BlockStore } from '../adapters/block-store/block-store.ts'
import { startStoreWorker } from '../adapters/block-store/worker-thread.ts'
import { browserClock } from '../adapters/browser-clock.ts'
import type { Identity } from '../adapters/identity.ts'
import { ServerSocket } from '../adapters/server-socket.ts'
import { WebRtcTransport } from '../adapters/webrtc-transport.ts'
import type { AwaitedCode } from './awaited-code.ts'
import type { RuntimePorts } from './node-runtime.ts'

/** The node's ports in a tab; its server is the one that the page came from. */
export function browserPorts(identity: Identity, code: AwaitedCode): RuntimePorts<File> {
  return {
    clock: browserClock,
    cores: null,
    transport: (events) => new WebRtcTransport(events),
    blocks: (events, isOnePiece) =>
      new BlockStore((onAnswer) => startStoreWorker(onAnswer, code.teller('store')), events, isOnePiece),
    socket: (events) => new ServerSocket(identity, events, { url: location.origin }),
  }
}
