import { encode } from 'uqr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextCamera, type Camera } from '../../src/adapters/camera.ts'
import { createQrReader } from '../../src/adapters/qr-reader.ts'
import { decodePixels, type Pixels } from '../../src/lib/qr-decode.ts'
import { readScanned } from '../../src/lib/scanned.ts'

const INFO_HASH = 'ab'.repeat(32)
const MAGNET = `magnet:?xt=urn:btmh:1220${INFO_HASH}&dn=holiday%20film.mp4&xl=5000`
/** As long as real invites, in their alphabet. */
const packed = (length: number): string =>
  Array.from({ length }, (_, index) => 'ABCxyz0189_-'[(index * index + 7 * index) % 12]).join('')

interface Shot {
  /** Pixels of a module. */
  readonly scale: number
  /** In radians. */
  readonly turn?: number
  /** Grey values up and down. */
  readonly noise?: number
}

/** A code as our app shows it, as a camera might see it: grey on grey, turned, with noise of a fixed seed. */
function photograph(text: string, { scale, turn = 0, noise = 0 }: Shot): Pixels {
  const { data: modules, size } = encode(text, { ecc: 'L', border: 2 })
  const edge = Math.ceil(size * scale * 1.5)
  const data = new Uint8ClampedArray(edge * edge * 4).fill(255)
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  let state = 1
  for (let at = 0; at < edge * edge; at++) {
    const [x, y] = [(at % edge) + 0.5 - edge / 2, Math.floor(at / edge) + 0.5 - edge / 2]
    const column = Math.floor((cos * x + sin * y) / scale + size / 2)
    const row = Math.floor((cos * y - sin * x) / scale + size / 2)
    const isDark = modules[row]?.[column] ?? false
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    data.fill((isDark ? 40 : 210) + ((state >>> 16) / 65_536 - 0.5) * 2 * noise, at * 4, at * 4 + 3)
  }
  return { data, width: edge, height: edge }
}

describe('the reader of QR codes', () => {
  it.each([
    ['a link', `https://drop.example/#${MAGNET}`, { scale: 5 }],
    ['a link held askew', `https://drop.example/#${MAGNET}`, { scale: 5, turn: 0.25, noise: 20 }],
    ['a link upside down', `https://drop.example/#${MAGNET}`, { scale: 4, turn: Math.PI }],
    ['an invite', `https://drop.example/#invite:${packed(900)}`, { scale: 4, noise: 15 }],
    ['the longest invite that a code holds well', `reply:${packed(1400)}`, { scale: 4, turn: 0.1 }],
    ['words of another alphabet', '二维码 – Zürich', { scale: 5 }],
  ] as const)('reads %s', (_, text, shot) => expect(decodePixels(photograph(text, shot), 1000)).toBe(text))

  it('finds nothing where nothing is, and never throws', () => {
    const blank = { data: new Uint8ClampedArray(64 * 64 * 4).fill(255), width: 64, height: 64 }
    const { data, width, height } = photograph(MAGNET, { scale: 4 })
    const half = { data: data.slice(0, data.length / 2), width, height: height / 2 }
    const tiny = { data: new Uint8ClampedArray(4), width: 1, height: 1 }
    const noise = photograph(MAGNET, { scale: 1, noise: 200 })
    for (const pixels of [blank, half, tiny, noise]) expect(decodePixels(pixels, 50)).toBeNull()
  })
})

describe('the browser’s own reader', () => {
  afterEach(() => vi.unstubAllGlobals())
  const stub = (formats: string[], detect: () => Promise<{ rawValue: string }[]>) => {
    const made: unknown[] = []
    class Native {
      static getSupportedFormats = () => Promise.resolve(formats)
      detect = detect
      constructor(options: unknown) {
        made.push(options)
      }
    }
    vi.stubGlobal('BarcodeDetector', Native)
    vi.stubGlobal('document', { createElement: () => ({ getContext: () => null }) })
    return made
  }
  const video = {} as HTMLVideoElement

  it('is used where it knows QR codes', async () => {
    const made = stub(['ean_13', 'qr_code'], () => Promise.resolve([{ rawValue: 'seen' }]))
    expect(await (await createQrReader()).frame(video)).toBe('seen')
    expect(made).toEqual([{ formats: ['qr_code'] }])
  })

  it('finds nothing when it fails or sees none', async () => {
    stub(['qr_code'], () => Promise.reject(new DOMException('not ready', 'InvalidStateError')))
    expect(await (await createQrReader()).frame(video)).toBeNull()
    stub(['qr_code'], () => Promise.resolve([]))
    expect(await (await createQrReader()).frame(video)).toBeNull()
  })

  it('is left alone where the system gives it no format', async () => {
    const made = stub([], () => Promise.resolve([{ rawValue: 'never' }]))
    expect(await (await createQrReader()).frame(video)).toBeNull()
    expect(made).toEqual([])
  })
})

describe('what a QR code says', () => {
  it.each([
    ['a link of ours', `https://drop.example/#${MAGNET}`, { kind: 'page', hash: `#${MAGNET}` }],
    ['a link of another server', `http://10.0.0.7:8080/x/#${MAGNET}`, { kind: 'page', hash: `#${MAGNET}` }],
    ['a magnet', ` ${MAGNET}\n`, { kind: 'page', hash: `#${MAGNET}` }],
    ['an infohash', INFO_HASH, { kind: 'page', hash: `#${INFO_HASH}` }],
    ['an invite', 'https://drop.example/#invite:abc_-', { kind: 'page', hash: '#invite:abc_-' }],
    ['a reply', 'reply:abc_-123', { kind: 'reply', text: 'reply:abc_-123' }],
    ['another site', 'https://evil.example/', { kind: 'other', text: 'https://evil.example/' }],
    [
      'a page of the app',
      'https://drop.example/#/lab',
      { kind: 'other', text: 'https://drop.example/#/lab' },
    ],
    ['a script', 'javascript:alert(1)', { kind: 'other', text: 'javascript:alert(1)' }],
    ['tricks', 'a\u202Eb\u0000c\n d', { kind: 'other', text: 'a b c d' }],
    ['prose', 'x'.repeat(200), { kind: 'other', text: `${'x'.repeat(80)}…` }],
    ['nothing', '', { kind: 'other', text: '' }],
  ])('%s', (_, text, expected) => expect(readScanned(text)).toEqual(expected))
})

describe('the next camera', () => {
  const stream = {} as MediaStream
  const camera = (devices: string[], deviceId: string | null): Camera => ({ stream, devices, deviceId })
  it.each([
    [['a'], 'a', null],
    [['a', 'b'], 'a', 'b'],
    [['a', 'b'], 'b', 'a'],
    [['a', 'b', 'c'], null, 'a'],
    [[], null, null],
  ] as const)('of %j, at %j, is %j', (devices, deviceId, next) =>
    expect(nextCamera(camera([...devices], deviceId))).toBe(next),
  )
})
