/** A browser that has given up is asked to look again this often: routers forget an idle path after 30 s at the earliest. Our choice. */
const AGAIN_MS = 3_000

/**
 * A reply to an invite is carried by people, for minutes. Until it is there neither router lets in what the other side
 * sends, so ICE gives up after 15 s at whoever accepted. Nothing is lost by that: checks of the other side revive the
 * connection, if only our router lets them in, for which ours must go on. The browser checks a candidate again when it
 * seems new, so each round gives them other foundations (RFC 8445, 5.1.1.3: any short name).
 */
export class PatientChecks {
  readonly #pc: Pick<RTCPeerConnection, 'connectionState' | 'addIceCandidate'>
  readonly #timer: ReturnType<typeof setInterval>
  #candidates: readonly string[] = []
  #round = 0

  constructor(pc: Pick<RTCPeerConnection, 'connectionState' | 'addIceCandidate'>) {
    this.#pc = pc
    this.#timer = setInterval(() => this.#lookAgain(), AGAIN_MS)
  }

  /** @param sdp the other side's description, which has passed the checks of the introduction */
  expect(sdp: string): void {
    this.#candidates = [...sdp.matchAll(/^a=candidate:\S+ (.+?)\r?$/gm)].map(([, rest]) => rest ?? '')
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #lookAgain(): void {
    if (this.#pc.connectionState !== 'failed') return
    this.#round++
    for (const [index, rest] of this.#candidates.entries()) {
      const candidate = `candidate:${String(this.#round)}r${String(index)} ${rest}`
      // Refused: the connection is closed, or its browser wants no more of them.
      void this.#pc.addIceCandidate({ candidate, sdpMLineIndex: 0 }).catch(() => undefined)
    }
  }
}
