import { parseNonce, parsePeerId, type Nonce, type PeerId } from '../kernel/ids.ts'

/** Names a circuit at its relay and at both ends; made by the end that asks for it. */
export type CircuitId = Nonce

/** A circuit, and the peer that carries it. */
export interface CircuitRef {
  readonly relay: PeerId
  readonly id: CircuitId
}

/**
 * What an end of a circuit tells of itself, where a session description tells of a connection: which circuit, and the
 * public key that frames are sealed with (ECDH on P-256, uncompressed, hex). Four lines.
 */
export interface CircuitDescription extends CircuitRef {
  readonly key: string
}

const FIRST_LINE = 'ringdrop-circuit-1'
const KEY = /^04[0-9a-f]{128}$/

export const isCircuitDescription = (text: string): boolean => text.startsWith(FIRST_LINE)

export function writeCircuitDescription({ relay, id, key }: CircuitDescription): string {
  return [FIRST_LINE, `relay=${relay}`, `circuit=${id}`, `key=${key}`].join('\n')
}

/** @returns `null` for anything that {@link writeCircuitDescription} would not write. */
export function readCircuitDescription(text: string): CircuitDescription | null {
  const [first, relayLine, idLine, keyLine, ...rest] = text.split('\n')
  if (first !== FIRST_LINE || rest.length > 0) return null
  const relay = parsePeerId(valueOf(relayLine, 'relay'))
  const id = parseNonce(valueOf(idLine, 'circuit'))
  const key = valueOf(keyLine, 'key') ?? ''
  return relay === null || id === null || !KEY.test(key) ? null : { relay, id, key }
}

function valueOf(line: string | undefined, name: string): string | undefined {
  return line?.startsWith(`${name}=`) === true ? line.slice(name.length + 1) : undefined
}
