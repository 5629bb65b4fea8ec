import type { CliFailure } from './failure.ts'
import { barInWords } from './words.ts'

/** Where the words go; the process's own streams, or a test's. */
export interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** How far something is, of which people and programs hear now and then. */
export interface Progress {
  /** 0 to 1. */
  readonly fraction: number
  /** What goes on, before the bar. */
  readonly label: string
  /** Speed, peers and the like, after the bar. */
  readonly details: string
}

/** Without a terminal one line for each tenth that is done. */
const STEPS = 10
/** Terminals and programs hear of progress at most this often. */
const PROGRESS_MS = 200
/** Logs get a line about how things stand at most this often. */
const PLAIN_STATUS_MS = 5_000
const CLEAR_LINE = '\r\u001b[K'

/**
 * What a command says: lines for people on `out`, and progress on `err`; or with `isJson` one object per line on `out`.
 * Names must have been made safe before they come here: a terminal obeys what it is sent.
 */
export class Output {
  #hasBar = false
  #lastStep = ''
  #lastStatus = ''
  #lastAt = -Infinity

  constructor(
    readonly out: Stream,
    readonly err: Stream,
    readonly isJson: boolean,
    readonly now: () => number,
  ) {}

  /** Something happened. @param line `null`: of interest to programs only. */
  event(name: string, fields: object, line: string | null): void {
    if (this.isJson) this.out.write(`${JSON.stringify({ event: name, ...fields })}\n`)
    else if (line !== null) {
      this.#clear()
      this.out.write(`${line}\n`)
    }
  }

  /** Something goes on; said now and then only. */
  progress(name: string, fields: object, progress: Progress): void {
    const { fraction, label, details } = progress
    const isDue = this.now() - this.#lastAt >= PROGRESS_MS
    if (this.isJson || this.err.isTTY === true) {
      if (!isDue) return
      this.#lastAt = this.now()
      if (this.isJson) return this.event(name, fields, null)
      const line = [label, barInWords(fraction), details].filter((part) => part !== '').join('  ')
      return this.#showBar(line)
    }
    const step = `${label} ${String(Math.floor(fraction * STEPS))}`
    if (step === this.#lastStep) return
    this.#lastStep = step
    this.err.write(`${label}  ${String(Math.floor(fraction * 100))} %  ${details}\n`)
  }

  /** How things stand now, told about once a second; said when it is news. On a terminal it replaces what was said last. */
  status(name: string, fields: object, line: string): void {
    const mark = JSON.stringify(fields)
    const isPlain = !this.isJson && this.err.isTTY !== true
    if (mark === this.#lastStatus || (isPlain && this.now() - this.#lastAt < PLAIN_STATUS_MS)) return
    this.#lastStatus = mark
    this.#lastAt = this.now()
    if (this.isJson) return this.event(name, fields, null)
    if (isPlain) return void this.err.write(`${line}\n`)
    this.#showBar(line)
  }

  /** A remark for people that is no result. */
  note(text: string): void {
    if (this.isJson) return this.event('note', { text }, null)
    this.#clear()
    this.err.write(`${text}\n`)
  }

  failure({ code, exitCode, what, why, next }: CliFailure): void {
    if (this.isJson) return this.event('failed', { code, exitCode, what, why, next }, null)
    this.#clear()
    this.err.write(`${what}\n  Why: ${why}\n  Next: ${next}\n`)
  }

  /** Leaves the terminal as it was. */
  close(): void {
    this.#clear()
  }

  /** A line that the next one replaces. */
  #showBar(line: string): void {
    this.err.write(CLEAR_LINE + [...line].slice(0, (this.err.columns ?? 80) - 1).join(''))
    this.#hasBar = true
  }

  #clear(): void {
    if (this.#hasBar) this.err.write(CLEAR_LINE)
    this.#hasBar = false
  }
}
