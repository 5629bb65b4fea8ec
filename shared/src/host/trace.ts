import { fromHex, toHex } from '../kernel/bytes.ts'
import type { Core } from '../kernel/core.ts'
import type { TraceSink } from './ports.ts'

/** One recorded input. */
export interface TraceEntry {
  readonly now: number
  readonly input: unknown
}

/**
 * Keeps the inputs of a node from its start, up to `limit` entries; after that it stops recording and says
 * so, because a trace with a hole can't be replayed.
 */
export class TraceRecorder implements TraceSink {
  readonly #lines: string[] = []
  #overflowed = false
  constructor(readonly limit: number) {}

  get overflowed(): boolean {
    return this.#overflowed
  }

  record(now: number, input: unknown): void {
    if (this.#lines.length >= this.limit) {
      this.#overflowed = true
      return
    }
    this.#lines.push(encodeEntry({ now, input }))
  }

  /** One JSON object a line, oldest first. */
  text(): string {
    return this.#lines.join('\n')
  }
}

/** JSON with byte arrays as `{"$bytes": hex}` and non-finite numbers as `{"$number": text}`. */
export function encodeEntry(entry: TraceEntry): string {
  return JSON.stringify(entry, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return { $bytes: toHex(value) }
    if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) }
    return value
  })
}

/** Reads what {@link encodeEntry} wrote. Throws `SyntaxError` on anything else: traces are our own files. */
export function decodeEntry(line: string): TraceEntry {
  return JSON.parse(line, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$bytes' in value && typeof value.$bytes === 'string') return fromHex(value.$bytes)
    if ('$number' in value) return Number(value.$number)
    return value
  }) as TraceEntry
}

/** Feeds a recorded trace to a fresh core and returns the effects of each input. */
export function replay<Input, Effect>(core: Core<Input, Effect>, text: string): Effect[][] {
  const effects: Effect[][] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    const entry = decodeEntry(line)
    effects.push(core.handle(entry.input as Input, entry.now))
  }
  return effects
}
