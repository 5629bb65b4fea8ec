import { nextCamera, openCamera, stopCamera, type Camera, type CameraFailure } from '../adapters/camera.ts'
import { createQrReader, type QrReader } from '../adapters/qr-reader.ts'

export type ScannerState =
  | { readonly name: 'starting' }
  | { readonly name: 'watching'; readonly camera: Camera }
  | { readonly name: 'failed'; readonly because: CameraFailure | 'notLoaded' }

/** Pause between two looks, in milliseconds: quick to a person, and the page stays quick as well. Our choice. */
const LOOK_MS = 100

/** Reads QR codes with a camera or from a picture. The camera is on from `start` to `stop`. */
export class Scanner {
  readonly #onFound: (text: string) => void
  #state = $state.raw<ScannerState>({ name: 'starting' })
  #reader: Promise<QrReader> | null = null
  /** Counts starts and stops: a camera that opens after either is not wanted any more. */
  #turn = 0

  /** @param onFound called with the text each time that a code is seen: the same one again and again. */
  constructor(onFound: (text: string) => void) {
    this.#onFound = onFound
  }

  get state(): ScannerState {
    return this.#state
  }

  /** The camera after the one that is on; `null` when it is the only one. */
  get next(): string | null {
    return this.#state.name === 'watching' ? nextCamera(this.#state.camera) : null
  }

  /** Opens a camera, the one at the back unless another is named. */
  async start(deviceId: string | null = null): Promise<void> {
    this.stop()
    const turn = this.#turn
    const camera = await openCamera(deviceId)
    if (turn !== this.#turn) return typeof camera === 'string' ? undefined : stopCamera(camera)
    if (typeof camera === 'string') return this.#fail(camera)
    for (const track of camera.stream.getTracks())
      track.addEventListener('ended', () => turn === this.#turn && this.#fail('busy'))
    this.#state = { name: 'watching', camera }
  }

  stop(): void {
    this.#turn++
    if (this.#state.name === 'watching') stopCamera(this.#state.camera)
    this.#state = { name: 'starting' }
  }

  /** Shows the camera's picture and looks at it until the function it returns is called. */
  watch(video: HTMLVideoElement, { stream }: Camera): () => void {
    video.srcObject = stream
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const look = async (reader: QrReader): Promise<void> => {
      const text = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? await reader.frame(video) : null
      if (isOver) return
      if (text !== null) this.#onFound(text)
      timer = setTimeout(() => void look(reader), LOOK_MS)
    }
    this.#load().then(look, () => this.#fail('notLoaded'))
    return () => {
      isOver = true
      clearTimeout(timer)
      video.srcObject = null
    }
  }

  /** Reads a picture that was chosen. @returns why nothing was found in it, or `null` when something was. */
  async readPicture(file: File): Promise<'noPicture' | 'noCode' | 'notLoaded' | null> {
    const reader = await this.#load().catch(() => null)
    if (reader === null) return 'notLoaded'
    const picture = await createImageBitmap(file).catch(() => null)
    if (picture === null) return 'noPicture'
    const text = await reader.picture(picture)
    picture.close()
    if (text !== null) this.#onFound(text)
    return text === null ? 'noCode' : null
  }

  #load(): Promise<QrReader> {
    this.#reader ??= createQrReader()
    // What failed may work when it is tried again.
    this.#reader.catch(() => (this.#reader = null))
    return this.#reader
  }

  #fail(because: CameraFailure | 'notLoaded'): void {
    this.stop()
    this.#state = { name: 'failed', because }
  }
}
