import { isIP } from 'node:net'
import { encode } from 'uqr'

export interface WelcomeOptions {
  /** All allowed origins. */
  readonly origins: readonly string[]
  /** Addresses of this machine on its networks, the likeliest first; none when only this machine is served. */
  readonly lanAddresses: readonly string[]
  /** SHA-256 of a certificate that this server made by itself; `null` for any other. */
  readonly fingerprint: string | null
  /** Whether lines go to a terminal that knows colours. */
  readonly hasColours: boolean
}

/** What is printed once the server listens: the addresses, and for phones a code with the likeliest one. */
export function welcome(options: WelcomeOptions): string[] {
  const { origins, lanAddresses, fingerprint, hasColours } = options
  const lines = ['Open one of:', ...origins.map((origin) => `  ${origin}`)]
  const scanned = lanAddresses.map((address) => originOf(origins, address)).find((origin) => origin !== null)
  if (scanned !== undefined && scanned !== null) {
    lines.push('', `On a phone in the same network, open ${scanned} or scan:`, '')
    lines.push(...qrLines(scanned, hasColours))
  }
  if (fingerprint !== null) {
    lines.push(
      '',
      'The certificate is this computer’s own, so each browser warns once: choose "Advanced", then go on.',
      `Who wants to be sure compares its SHA-256: ${fingerprint}`,
    )
  }
  return lines
}

function originOf(origins: readonly string[], address: string): string | null {
  const host = isIP(address) === 6 ? `[${address}]` : address
  return origins.find((origin) => new URL(origin).hostname === host) ?? null
}

/** Two rows of modules in a line of text. */
const HALVES = { none: ' ', upper: '▀', lower: '▄', both: '█' } as const
/** Black on white whatever the terminal's colours are, since not every scanner takes the negative. */
const [WHITE_PAPER, PLAIN] = ['\u001B[30;107m', '\u001B[0m']

/** A QR code as text. Without colours the light modules are drawn, as fits light text on a dark ground. */
export function qrLines(text: string, hasColours: boolean): string[] {
  const { data, size } = encode(text, { ecc: 'M', border: 2 })
  const isDrawn = (x: number, y: number): boolean => (data[y]?.[x] ?? false) === hasColours
  return Array.from({ length: Math.ceil(size / 2) }, (_, row) => {
    const line = Array.from({ length: size }, (_column, x) => {
      const [upper, lower] = [isDrawn(x, row * 2), isDrawn(x, row * 2 + 1)]
      return HALVES[upper && lower ? 'both' : upper ? 'upper' : lower ? 'lower' : 'none']
    }).join('')
    return hasColours ? `  ${WHITE_PAPER}${line}${PLAIN}` : `  ${line}`
  })
}
