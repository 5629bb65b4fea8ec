/** As `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Longest part of a bad value that an error shows. */
const SHOWN = 60

/** Reads typed values from the environment and gathers one line for each that is wrong. */
export class EnvironmentReader {
  readonly errors: string[] = []
  constructor(readonly env: Environment) {}

  /** True even for an empty value. */
  isSet(name: string): boolean {
    return this.env[name] !== undefined
  }

  /** The trimmed value, or `undefined` when it is missing or empty. */
  text(name: string): string | undefined {
    const value = this.env[name]?.trim()
    return value === '' ? undefined : value
  }

  integer(name: string, min: number, max: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN
    if (value >= min && value <= max) return value
    this.fail(name, quote(text), `a whole number from ${String(min)} to ${String(max)}`)
    return undefined
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const found = choices.find((choice) => choice === text)
    if (found === undefined) this.fail(name, quote(text), `one of ${choices.join(', ')}`)
    return found
  }

  /** A comma-separated list without duplicates; blanks around items are dropped. */
  list<T>(name: string, parse: (item: string) => T | null, allowed: string): T[] {
    const values = new Set<T>()
    for (const item of (this.text(name) ?? '').split(',').map((part) => part.trim())) {
      if (item === '') continue
      const value = parse(item)
      if (value === null) this.fail(name, quote(item), `a comma-separated list of ${allowed}`)
      else values.add(value)
    }
    return [...values]
  }

  fail(name: string, found: string, allowed: string): void {
    this.errors.push(`${name}: found ${found}, allowed is ${allowed}`)
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text)
}
