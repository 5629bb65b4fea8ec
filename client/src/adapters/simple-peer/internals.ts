import type SimplePeer from 'simple-peer'

/** The private parts of simple-peer that we need: it can neither make a second channel nor restart ICE. */
export interface Internals {
  /** Missing where the browser refused to construct one. */
  readonly _pc: RTCPeerConnection
  readonly _channel: RTCDataChannel | null
  /** Whether candidates are signalled one by one. */
  trickle: boolean
  _isNegotiating: boolean
  _onIceStateChange(): void
  _onConnectionStateChange(): void
  /** Public, but missing in the types. */
  negotiate(): void
}

export const internalsOf = (peer: SimplePeer.Instance): Internals => peer as unknown as Internals

/**
 * Until the connection is open, simple-peer does not hear that it failed, upon which it would end it. See
 * `patient-checks.ts`.
 */
export function outlastFailure(peer: SimplePeer.Instance, isConnecting: () => boolean): void {
  const internals = internalsOf(peer)
  const { _pc } = internals
  const onIce = internals._onIceStateChange.bind(internals)
  const onConnection = internals._onConnectionStateChange.bind(internals)
  const isPatient = (state: string) => state === 'failed' && isConnecting()
  internals._onIceStateChange = () => {
    if (!isPatient(_pc.iceConnectionState)) onIce()
  }
  internals._onConnectionStateChange = () => {
    if (!isPatient(_pc.connectionState)) onConnection()
  }
}
