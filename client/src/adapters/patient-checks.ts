/**
 * How often the browser is asked to look again. Measured with a candidate that leads nowhere: Firefox ends a connection for
 * good 11 s after the last candidate that was new to it, Chromium gives up after 15 s and begins anew with the next one.
 * Routers forget a path that nobody uses after 30 s at the earliest (RFC 4787, REQ-5, asks for two minutes).
 */
const AGAIN_MS = 8_000

/**
 * A reply to an invite is carried by people, for minutes. Until it is there neither router lets in what the other side
 * sends, so the browser of whoever accepted finds nobody and gives up. Its checks must go on: they keep our router open for
 * those of the other side. A browser checks a candidate again when it seems new, so each round gives them other foundations
 * (RFC 8445, 5.1.1.3: any short name).
 */
export class PatientChecks {
  readonly #pc: Pick<RTCPeerConnection, 'addIceCandidate'>
  readonly #timer: ReturnType<typeof setInterval>
  #candidates: readonly string[] = []
  #round = 0

  constructor(pc: Pick<RTCPeerConnection, 'addIceCandidate'>) {
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
    this.#round++
    for (const [index, rest] of this.#candidates.entries()) {
      const candidate = `candidate:${String(this.#round)}r${String(index)} ${rest}`
      // Refused: the connection is closed, or its browser wants no more of them.
      void this.#pc.addIceCandidate({ candidate, sdpMLineIndex: 0 }).catch(() => undefined)
    }
  }
}
