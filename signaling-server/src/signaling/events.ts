import type { ClientToServerEvents, ServerToClientEvents } from '@ringdrop/shared/wire/signaling.ts'
import type { Server, Socket } from 'socket.io'

export type PeerServer = Server<ClientToServerEvents, ServerToClientEvents>
export type PeerSocket = Socket<ClientToServerEvents, ServerToClientEvents>
/** The Engine.IO connection under a socket. */
export type Connection = PeerSocket['conn']
