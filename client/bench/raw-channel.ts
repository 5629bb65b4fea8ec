/** A bare data channel, the yardstick of the transfer benchmark: 64 KiB messages, 1 MiB high-water, nothing else. */

const MESSAGE_BYTES = 64 * 1024
const HIGH_WATER_BYTES = 1024 * 1024

interface State {
  readonly connection: RTCPeerConnection
  readonly channel: RTCDataChannel
  readonly opened: Promise<void>
  received: number
}

const gathered = (connection: RTCPeerConnection): Promise<void> =>
  new Promise((resolve) => {
    const check = () => connection.iceGatheringState === 'complete' && resolve()
    connection.addEventListener('icegatheringstatechange', check)
    check()
  })

/** One end of the bare channel, driven step by step from outside. */
export class RawChannel {
  #state: State | null = null

  #make(): State {
    const connection = new RTCPeerConnection({ iceServers: [] })
    const channel = connection.createDataChannel('raw', { negotiated: true, id: 0 })
    channel.binaryType = 'arraybuffer'
    const opened = new Promise<void>((resolve) => channel.addEventListener('open', () => resolve()))
    const state: State = { connection, channel, opened, received: 0 }
    channel.addEventListener('message', (event: MessageEvent<ArrayBuffer>) => {
      state.received += event.data.byteLength
    })
    this.#state = state
    return state
  }

  async offer(): Promise<string> {
    const { connection } = this.#make()
    await connection.setLocalDescription(await connection.createOffer())
    await gathered(connection)
    return connection.localDescription?.sdp ?? ''
  }

  async answer(offer: string): Promise<string> {
    const { connection } = this.#make()
    await connection.setRemoteDescription({ type: 'offer', sdp: offer })
    await connection.setLocalDescription(await connection.createAnswer())
    await gathered(connection)
    return connection.localDescription?.sdp ?? ''
  }

  async accept(answer: string): Promise<void> {
    await this.#state?.connection.setRemoteDescription({ type: 'answer', sdp: answer })
  }

  async opened(): Promise<void> {
    await this.#state?.opened
  }

  /** Sends so many bytes as fast as the channel takes them. */
  async send(bytes: number): Promise<void> {
    const { channel } = this.#state as State
    channel.bufferedAmountLowThreshold = HIGH_WATER_BYTES / 4
    const message = new Uint8Array(MESSAGE_BYTES)
    for (let sent = 0; sent < bytes; sent += MESSAGE_BYTES) {
      if (channel.bufferedAmount > HIGH_WATER_BYTES) {
        await new Promise((resolve) => channel.addEventListener('bufferedamountlow', resolve, { once: true }))
      }
      channel.send(message)
    }
  }

  get received(): number {
    return this.#state?.received ?? 0
  }

  close(): void {
    this.#state?.connection.close()
    this.#state = null
  }
}
