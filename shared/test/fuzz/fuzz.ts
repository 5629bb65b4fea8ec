import { fromHex, toHex, type Bytes } from '../../src/kernel/bytes.ts'
import { createRng } from '../../src/kernel/rng.ts'
import { Mutator } from './mutate.ts'

/** What a decoder takes: bytes, a text, or any value, as the target's kind says. */
export type FuzzInput = unknown

/** One decoder under attack. */
export interface FuzzTarget {
  readonly name: string
  readonly kind: 'bytes' | 'text' | 'value'
  /** Valid inputs to start from. */
  readonly seeds: readonly FuzzInput[]
  /** Longest input in bytes or characters, of values as JSON; somewhat over what the decoder accepts. */
  readonly maxLength: number
  /** Shares of the inputs, against 1: decoders of long or slow inputs get fewer. */
  readonly weight?: number
  /**
   * Decodes, and checks what came out: throws on anything that must not be.
   * @returns a word for what happened (`ok` or the code), and the value when there is one.
   */
  run(input: FuzzInput): { readonly outcome: string; readonly value?: unknown }
}

export interface FuzzFailure {
  readonly target: string
  readonly input: string
  readonly why: string
}

export interface FuzzReport {
  readonly target: string
  readonly inputs: number
  readonly accepted: number
  /** Different outcomes and sizes that were seen: how far the fuzzer got around. */
  readonly behaviours: number
  readonly slowestMs: number
  readonly failures: readonly FuzzFailure[]
  /** Inputs that did something new, for the corpus. */
  readonly found: readonly string[]
}

/** No input may keep a thread busy for longer (the target of the design). */
const SLOW_MS = 50
/** Values per byte of input that a decoder may make: more means that little bytes blow up into much memory. */
const VALUES_PER_BYTE = 4
const VALUES_SPARE = 200
/** Inputs that are kept for further mutation. Our choice. */
const POOL = 400
const FAILURES = 20

/** Mutates known inputs and whatever behaved in a new way; the same seed gives the same run. */
export class Fuzzer {
  readonly #pool: FuzzInput[]
  readonly #behaviours = new Set<string>()
  readonly #failures: FuzzFailure[] = []
  readonly #found: string[] = []
  readonly #mutator: Mutator
  readonly #rng
  #inputs = 0
  #accepted = 0
  #slowestMs = 0

  /** @param corpus inputs of earlier runs, as {@link describeInput} wrote them. */
  constructor(
    readonly target: FuzzTarget,
    seed: number,
    corpus: readonly string[] = [],
    /** Milliseconds of a clock that only goes forward. */
    readonly now: () => number = () => performance.now(),
  ) {
    this.#rng = createRng(seed).child(target.name)
    this.#mutator = new Mutator(this.#rng)
    this.#pool = [...target.seeds, ...corpus.map((line) => readInput(target, line))]
    for (const input of this.#pool) this.#try(input)
    this.#found.length = 0
  }

  run(inputs: number): void {
    for (let i = 0; i < inputs; i++) {
      const [base, other] = [this.#any(), this.#any()]
      const { kind, maxLength } = this.target
      if (kind === 'bytes') this.#try(this.#mutator.bytes(base as Bytes, other as Bytes, maxLength))
      else if (kind === 'text') this.#try(this.#mutator.text(base as string, other as string, maxLength))
      else {
        const value = this.#mutator.value(base, other)
        if (sizeOf(value) <= maxLength) this.#try(value)
        else i--
      }
    }
  }

  report(): FuzzReport {
    return {
      target: this.target.name,
      inputs: this.#inputs,
      accepted: this.#accepted,
      behaviours: this.#behaviours.size,
      slowestMs: this.#slowestMs,
      failures: this.#failures,
      found: this.#found,
    }
  }

  #any(): FuzzInput {
    return this.#pool[this.#rng.below(this.#pool.length)]
  }

  #try(input: FuzzInput): void {
    this.#inputs++
    try {
      const started = this.now()
      const result = this.target.run(input)
      const ms = this.now() - started
      // A slow one may have met the garbage collector: only what is slow again counts.
      const surely = ms > SLOW_MS ? this.#timeAgain(input) : ms
      this.#slowestMs = Math.max(this.#slowestMs, surely)
      if (surely > SLOW_MS) this.#fail(input, `took ${surely.toFixed(0)} ms`)
      const values = countValues(result.value)
      if (values > VALUES_PER_BYTE * sizeOf(input) + VALUES_SPARE)
        this.#fail(input, `${String(values)} values out of ${String(sizeOf(input))} bytes`)
      this.#learn(input, `${result.outcome}:${String(Math.round(Math.log2(values + 1) * 4))}`)
      if (result.outcome === 'ok') this.#accepted++
    } catch (error) {
      this.#fail(input, error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }

  #timeAgain(input: FuzzInput): number {
    const times = Array.from({ length: 5 }, () => {
      const started = this.now()
      this.target.run(input)
      return this.now() - started
    })
    return Math.min(...times)
  }

  #learn(input: FuzzInput, behaviour: string): void {
    if (this.#behaviours.has(behaviour)) return
    this.#behaviours.add(behaviour)
    this.#found.push(describeInput(this.target, input))
    if (this.#pool.length < POOL) this.#pool.push(input)
  }

  #fail(input: FuzzInput, why: string): void {
    if (this.#failures.length < FAILURES)
      this.#failures.push({ target: this.target.name, input: describeInput(this.target, input), why })
  }
}

/** One line of text for an input: hex for bytes, else JSON. Values that JSON lacks become the nearest that it has. */
export function describeInput({ kind }: FuzzTarget, input: FuzzInput): string {
  if (kind === 'bytes') return toHex(input as Bytes)
  return (
    JSON.stringify(input, (_, value: unknown) =>
      value instanceof Uint8Array ? { $bytes: toHex(value) } : value,
    ) ?? 'null'
  )
}

export function readInput({ kind }: FuzzTarget, line: string): FuzzInput {
  if (kind === 'bytes') return fromHex(line)
  return JSON.parse(line, (_, value: unknown) => {
    const hex = typeof value === 'object' && value !== null ? Reflect.get(value, '$bytes') : undefined
    return typeof hex === 'string' ? fromHex(hex) : value
  })
}

function sizeOf(input: FuzzInput): number {
  if (input instanceof Uint8Array || typeof input === 'string') return input.length
  return JSON.stringify(input)?.length ?? 0
}

/** Objects, lists and leaves of a decoded value; bytes count as one, since they are bounded by the input's. */
function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 1
  const inner = value instanceof Map ? [...value.values()] : Object.values(value)
  return inner.reduce<number>((sum, each) => sum + countValues(each), 1)
}
