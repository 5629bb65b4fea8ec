import type { ClientToServerEvents, ServerToClientEvents } from '@ringdrop/shared/wire/signaling.ts'
import type { Server, Socket } from 'socket.io'

/**
 * Why the server is about to close a socket. `replaced`: the same peer opened another one. Only after
 * `shuttingDown` does Socket.IO's client come back by itself; for the others it would meet the same end.
 */
export type ClosingReason =
  'notIdentifiedInTime' | 'identifyFailed' | 'replaced' | 'tooManyRefusals' | 'shuttingDown'

export interface ServerEvents extends ServerToClientEvents {
  /** The last event before the server closes the socket. */
  closing: (notice: { readonly reason: ClosingReason }) => void
}

export type PeerServer = Server<ClientToServerEvents, ServerEvents>
export type PeerSocket = Socket<ClientToServerEvents, ServerEvents>
/** The Engine.IO connection under a socket. */
export type Connection = PeerSocket['conn']
