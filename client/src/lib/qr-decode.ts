import { decodeQR } from 'qr/decode.js'

/** Pixels as a canvas gives them: four bytes each, rows without gaps. */
export interface Pixels {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
}

/** Reads the one QR code in a picture. @param timeMs so long it may try harder. @returns `null` when none is found. */
export function decodePixels({ data, width, height }: Pixels, timeMs: number): string | null {
  try {
    return decodeQR({ data, width, height }, { format: 'RGBA', timeLimit: timeMs })
  } catch {
    // Its way of saying that there is no whole code in it.
    return null
  }
}
