import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** Longer than a frame of Ethernet can be; what does not fit would be cut by socat. */
const FRAME_BYTES = 4_096
/** Enough for bursts: queues are the business of the lines at either end, not of the way between. */
const BUFFER_BYTES = 4 * 1024 * 1024

/** One end: a network card of the kernel's, whose frames socat carries to and from a socket of this process. */
interface End {
  readonly socket: Socket
  readonly program: ChildProcess
}

/**
 * A way that takes its time: two virtual network cards, and whatever one sends leaves the other so much later, in order and
 * without loss. The kernel's netem does the same, but is not in every kernel. Needs root and Debian's socat.
 */
export class Distance {
  readonly #ends: readonly [End, End]
  #isOpen = true

  private constructor(ends: readonly [End, End], delayMs: number) {
    this.#ends = ends
    const [near, far] = ends
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const)
      from.socket.on('message', (frame) => {
        setTimeout(() => {
          if (this.#isOpen) to.socket.send(frame, onError)
        }, delayMs)
      })
  }

  /** @param devices names that are free here; each may be moved to another namespace afterwards */
  static async start(devices: readonly [string, string], delayMs: number): Promise<Distance> {
    const near = await openEnd(devices[0])
    return new Distance([near, await openEnd(devices[1])], delayMs)
  }

  /** What is under way is lost. */
  close(): void {
    this.#isOpen = false
    for (const { socket, program } of this.#ends) {
      program.kill('SIGKILL')
      socket.close()
    }
  }
}

/** An end that is not there yet, or no more, gets nothing, as on any way. */
const onError = (): void => undefined

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

async function openEnd(device: string): Promise<End> {
  const socket = await bound()
  // A port that was free a moment ago: socat has to be known before it sends its first frame.
  const other = await bound()
  const [ours, theirs] = [socket.address().port, other.address().port]
  other.close()
  socket.connect(theirs, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', onError)
  const card = `TUN,tun-type=tap,iff-no-pi,tun-name=${device}`
  const way = `UDP4:127.0.0.1:${String(ours)},bind=127.0.0.1:${String(theirs)},rcvbuf=${String(BUFFER_BYTES)},sndbuf=${String(BUFFER_BYTES)}`
  const program = spawn('socat', ['-b', String(FRAME_BYTES), card, way], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await once(program, 'spawn')
  return { socket, program }
}
