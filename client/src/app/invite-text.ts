import { concatBytes } from '@ringdrop/shared/kernel/bytes.ts'
import { decodeEnvelope, type SignalEnvelope } from '@ringdrop/shared/wire/envelope.ts'

/** An invite or reply as people carry it: packed JSON in the alphabet of links. */
const PATTERN = /(?:#|^)(?:invite|reply):([A-Za-z0-9_-]{20,12000})\s*$/
/** Nobody's invite unpacks to more. */
const MAX_BYTES = 16_384

/** A link for an invite; a reply is text to paste, with the same packing. */
export async function inviteText(envelope: SignalEnvelope, origin: string): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(envelope))
  const packed = toBase64Url(await through(new CompressionStream('deflate-raw'), text))
  return envelope.kind === 'invite' ? `${origin}/#invite:${packed}` : `reply:${packed}`
}

/** Whether a text looks like an invite or a reply. */
export const isInviteText = (text: string): boolean => PATTERN.test(text.trim())

/** Reads either; `null` when it is neither, or broken. Its signature is not checked here. */
export async function readInviteText(text: string): Promise<SignalEnvelope | null> {
  const packed = PATTERN.exec(text.trim())?.[1]
  const bytes = packed === undefined ? null : fromBase64Url(packed)
  if (bytes === null) return null
  try {
    const unpacked = await through(new DecompressionStream('deflate-raw'), bytes)
    const envelope = decodeEnvelope(JSON.parse(new TextDecoder().decode(unpacked)))
    return envelope.ok ? envelope.value : null
  } catch {
    // Not packed by us, or cut short when it was copied.
    return null
  }
}

/**
 * Packs or unpacks. Given bytes and not the stream of a blob, which Chromium may collect while it is read.
 * @throws RangeError when more comes out than an invite has, and what the stream throws at broken bytes.
 */
async function through(
  { readable, writable }: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const writer = writable.getWriter()
  // What went wrong is told by the other side, too.
  for (const step of [writer.write(bytes), writer.close()]) step.catch(() => undefined)
  const parts: Uint8Array[] = []
  let length = 0
  const reader = readable.getReader() as ReadableStreamDefaultReader<Uint8Array>
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length
    if (length > MAX_BYTES) throw new RangeError('too long for an invite')
    parts.push(part.value)
  }
  return concatBytes(parts)
}

function toBase64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}
