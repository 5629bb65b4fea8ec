import type { Bytes } from '@ringdrop/shared/kernel/bytes.ts'
import type { LaneTab } from './lane-link.ts'

export interface LaneEvents {
  candidate(candidate: string): void
  open(): void
  /** The channel closed, by the other end or since it broke. */
  closed(): void
  /** Whether the path answers. */
  path(isFine: boolean): void
  /** `null`: not bytes. */
  frame(bytes: Bytes | null): void
  drained(): void
}

/** One more connection between the same two pages, with one channel that both ends agreed on beforehand. */
export class LaneConnection {
  readonly channel: RTCDataChannel
  readonly #pc: RTCPeerConnection
  #isNegotiating = false
  #wantsRestart = false

  /** @throws when the browser refuses to construct another connection. */
  constructor(configuration: RTCConfiguration, events: LaneEvents) {
    this.#pc = new RTCPeerConnection(configuration)
    this.channel = this.#pc.createDataChannel('lane', { negotiated: true, id: 0 })
    this.channel.binaryType = 'arraybuffer'
    this.#pc.onicecandidate = ({ candidate }) => {
      if (candidate !== null && candidate.candidate !== '') events.candidate(candidate.candidate)
    }
    this.#pc.oniceconnectionstatechange = () => {
      const state = this.#pc.iceConnectionState
      if (state === 'connected' || state === 'completed') events.path(true)
      else if (state === 'disconnected' || state === 'failed') events.path(false)
    }
    this.channel.onopen = () => events.open()
    this.channel.onclose = () => events.closed()
    this.channel.onbufferedamountlow = () => events.drained()
    this.channel.onmessage = ({ data }: MessageEvent<unknown>) =>
      events.frame(data instanceof ArrayBuffer ? new Uint8Array(data) : null)
  }

  /** Describes this end, or another path of it once the last description is answered. */
  async offer(send: (sdp: string) => void): Promise<void> {
    if (this.#isNegotiating) {
      this.#wantsRestart = true
      return
    }
    this.#isNegotiating = true
    const offer = await this.#pc.createOffer({ iceRestart: this.#pc.remoteDescription !== null })
    // Before its candidates, which come by events.
    send(offer.sdp ?? '')
    await this.#pc.setLocalDescription(offer)
  }

  async answer(offer: string, send: (sdp: string) => void): Promise<void> {
    await this.#pc.setRemoteDescription({ type: 'offer', sdp: offer })
    const answer = await this.#pc.createAnswer()
    send(answer.sdp ?? '')
    await this.#pc.setLocalDescription(answer)
  }

  async accept(answer: string, send: (sdp: string) => void): Promise<void> {
    if (!this.#isNegotiating) return
    await this.#pc.setRemoteDescription({ type: 'answer', sdp: answer })
    this.#isNegotiating = false
    if (!this.#wantsRestart) return
    this.#wantsRestart = false
    await this.offer(send)
  }

  /** One of no use does not spoil the others. */
  addCandidate(candidate: string): void {
    void this.#pc.addIceCandidate({ candidate, sdpMLineIndex: 0 }).catch(() => undefined)
  }

  close(): void {
    this.channel.onclose = null
    this.#pc.onicecandidate = null
    this.#pc.oniceconnectionstatechange = null
    this.#pc.close()
  }
}

/** Lanes go over no TURN server: what those carry is counted, and there are no lanes where the link needs one. */
export function laneConfiguration({ iceServers }: LaneTab): RTCConfiguration {
  const direct = iceServers.map(({ urls }) => ({ urls: urls.filter((url) => url.startsWith('stun')) }))
  return { iceServers: direct.filter(({ urls }) => urls.length > 0) }
}
