import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { SessionId } from '@ringdrop/shared/kernel/ids.ts'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'
import type { IceServer } from '@ringdrop/shared/wire/signaling.ts'
import type { ConnectionPath } from './connection-path.ts'

/** Whether one of the servers relays, for those whom no direct path reaches. */
export const isRelayAmong = (servers: readonly IceServer[]): boolean =>
  servers.some(({ urls }) => urls.some((url) => url.startsWith('turn')))

/** The two channels of a link: messages, and blocks of files. */
export type ChannelName = 'control' | 'bulk'

/** What a transport tells the node. */
export interface TransportEvents {
  signal(sid: SessionId, signal: LocalSignal): void
  open(sid: SessionId): void
  closed(sid: SessionId): void
  frame(sid: SessionId, channel: ChannelName, bytes: Bytes): void
  congestion(sid: SessionId, state: 'congested' | 'writable'): void
  /** A bulk frame was all of this buffer, and has been copied out of it: the memory is free. Not told by all transports. */
  sent(memory: ArrayBuffer): void
  /** The path no longer answers, or the network changed under it: look for another. */
  faltering(sid: SessionId): void
}

/**
 * WebRTC, whatever carries it: one connection per session with two channels that both ends agreed on beforehand,
 * `control` (id 0) and `bulk` (id 1). Contract: `test/transport.contract.ts`.
 */
export interface Transport {
  /** For connections that are made from now on. */
  iceServers: readonly IceServer[]
  /**
   * True: only over a TURN server, so that no peer learns this one's addresses. Connections that were made before give
   * them away, so they are closed; whoever needs them makes new ones.
   */
  setRelayOnly(isRelayOnly: boolean): void
  /** Connections constructed so far. */
  readonly constructedCount: number
  /** @param isTrickling false: the one description that is signalled holds all candidates. */
  open(sid: SessionId, isInitiator: boolean, isTrickling: boolean): void
  /** Hands over a signal of the other end, which has been checked. */
  signal(sid: SessionId, signal: LocalSignal): void
  /** Looks for another path; a transport that can't closes the connection, and whoever needs it makes a new one. */
  restart(sid: SessionId): void
  /** The network changed, or the machine slept: every path is in doubt. */
  checkAll(): void
  /** How each open connection runs at this moment; one that can't say is left out. */
  paths(): Promise<ReadonlyMap<SessionId, ConnectionPath>>
  /** A frame of the bulk channel that is all of its buffer is handed over, see `sent`. */
  send(sid: SessionId, channel: ChannelName, bytes: Bytes): void
  /** Silent: nothing is told of a connection that was closed from here. */
  close(sid: SessionId): void
  /** This peer is going: closes all channels after what was sent, so that the others notice at once. */
  leave(): void
  closeAll(): void
}
