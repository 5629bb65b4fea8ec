/** A stream of pseudo-random numbers that can be replayed from its seed. Not for keys: hosts make those. */
export interface Rng {
  /** An integer in [0, 2^32). */
  uint32(): number
  /** A number in [0, 1). */
  float(): number
  /** An integer in [0, bound); `bound` is at least 1. */
  below(bound: number): number
  /** `length` random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>
  /** An independent stream named by a label: the same seed and label always give the same stream. */
  child(label: string): Rng
}

/** Folds text into 32 bits (FNV-1a, 32 bit, offset 2166136261, prime 16777619), to derive child seeds. */
function hashLabel(seed: number, label: string): number {
  let hash = (2166136261 ^ seed) >>> 0
  for (let i = 0; i < label.length; i++) {
    hash ^= label.charCodeAt(i)
    hash = Math.imul(hash, 16777619) >>> 0
  }
  return hash
}

/** splitmix32 finaliser: turns weak seeds into well-mixed state words. */
function mix(state: number): number {
  let z = (state + 0x9e3779b9) >>> 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad) >>> 0
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97) >>> 0
  return (z ^ (z >>> 15)) >>> 0
}

/** The sfc32 generator of Chris Doty-Humphrey's PractRand: 128 bits of state, passes its own suite. */
class Sfc32 implements Rng {
  #a: number
  #b: number
  #c: number
  #counter: number
  constructor(readonly seed: readonly [number, number, number, number]) {
    this.#a = seed[0] | 0
    this.#b = seed[1] | 0
    this.#c = seed[2] | 0
    this.#counter = seed[3] | 0
    for (let i = 0; i < 12; i++) this.uint32()
  }

  uint32(): number {
    const out = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + out
    this.#c |= 0
    return out >>> 0
  }

  float(): number {
    return this.uint32() / 4294967296
  }

  below(bound: number): number {
    return Math.floor(this.float() * bound)
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(length)
    for (let i = 0; i < length; i++) out[i] = this.uint32() & 0xff
    return out
  }

  child(label: string): Rng {
    const [a, b, c, d] = this.seed
    return new Sfc32([hashLabel(a, label), hashLabel(b, label), hashLabel(c, label), hashLabel(d, label)])
  }
}

/**
 * A seeded generator. @param seed an integer whose low 32 bits count (simulations), or 128 bits in four
 * words (hosts, from their secure source, so that nonces do not repeat).
 */
export function createRng(seed: number | readonly [number, number, number, number]): Rng {
  if (typeof seed !== 'number') return new Sfc32(seed)
  const a = mix(seed)
  const b = mix(a)
  return new Sfc32([a, b, mix(b), 1])
}

/** A random element, or `undefined` of an empty list. */
export function pick<T>(rng: Rng, items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : items[rng.below(items.length)]
}

/** A new list with the same elements in random order (Fisher-Yates). */
export function shuffled<T>(rng: Rng, items: readonly T[]): T[] {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = rng.below(i + 1)
    const held = out[i] as T
    out[i] = out[j] as T
    out[j] = held
  }
  return out
}
