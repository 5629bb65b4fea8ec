import { persistent } from '../lib/persistent.ts'

/** Looks for a QR code in a frame of a film, or in a picture. @returns its text, or `null` when there is none. */
export interface QrReader {
  frame(video: HTMLVideoElement): Promise<string | null>
  picture(picture: ImageBitmap): Promise<string | null>
}

/** Chromium's and Safari's own reader; not in TypeScript's DOM library. */
interface Detector {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>
}
interface DetectorClass {
  new (options: { formats: readonly string[] }): Detector
  getSupportedFormats(): Promise<readonly string[]>
}

/** Longest edge that a frame is read at, in pixels: the codes of invites have 130 modules a side. Our choice. */
const FRAME_EDGE = 1280
/** Photographs are larger than any code needs; a code in a corner of one is found at its full size. */
const PICTURE_EDGES = [1600, 4096] as const
/** A frame must not hold up the page; of a picture there is one only. */
const FRAME_MS = 16
const PICTURE_MS = 1_000

/** The browser's own reader where it has one that works, else ours, which is fetched now. @throws when it can't be fetched. */
export async function createQrReader(): Promise<QrReader> {
  const native = await nativeDetector()
  if (native === null) return pixelReader()
  const detect = async (source: HTMLVideoElement | ImageBitmap) =>
    (await native.detect(source).catch(() => []))[0]?.rawValue ?? null
  return { frame: detect, picture: detect }
}

async function nativeDetector(): Promise<Detector | null> {
  const { BarcodeDetector: Class } = globalThis as { BarcodeDetector?: DetectorClass }
  // Where the system lacks what it needs, the class is there all the same, and knows no format.
  const formats = (await Class?.getSupportedFormats().catch(() => [])) ?? []
  return Class !== undefined && formats.includes('qr_code') ? new Class({ formats: ['qr_code'] }) : null
}

async function pixelReader(): Promise<QrReader> {
  const { decodePixels } = await persistent(() => import('../lib/qr-decode.ts'))
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const read = (source: CanvasImageSource, width: number, height: number, edge: number, timeMs: number) => {
    const scale = Math.min(1, edge / Math.max(width, height))
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(height * scale)
    if (context === null || canvas.width === 0 || canvas.height === 0) return null
    // Transparent pictures are dark on nothing: without a ground the code would be black on black.
    context.fillStyle = '#fff'
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.drawImage(source, 0, 0, canvas.width, canvas.height)
    return decodePixels(context.getImageData(0, 0, canvas.width, canvas.height), timeMs)
  }
  return {
    frame: async (video) => read(video, video.videoWidth, video.videoHeight, FRAME_EDGE, FRAME_MS),
    picture: async (picture) => {
      for (const edge of PICTURE_EDGES) {
        const text = read(picture, picture.width, picture.height, edge, PICTURE_MS)
        if (text !== null) return text
      }
      return null
    },
  }
}
