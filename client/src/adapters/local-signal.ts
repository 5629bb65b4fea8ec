import type SimplePeer from 'simple-peer'
import type { LocalSignal } from '@ringdrop/shared/protocols/introduction/effects.ts'

/** simple-peer also emits renegotiation and transceiver requests, of which we have no use. */
export function localSignal(data: SimplePeer.SignalData): LocalSignal | null {
  if ((data.type === 'offer' || data.type === 'answer') && typeof data.sdp === 'string') {
    return { type: data.type, sdp: data.sdp }
  }
  if (data.type !== 'candidate') return null
  const { candidate, sdpMid, sdpMLineIndex } = data.candidate
  return { type: 'candidate', candidate, sdpMid: sdpMid ?? null, sdpMLineIndex: sdpMLineIndex ?? null }
}
