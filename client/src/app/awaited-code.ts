/** Parts of the app that come after the first screen. */
export type CodePart = 'store' | 'hashing' | 'overlays'

/** Which parts could not be fetched so far; each is tried again by itself. */
export class AwaitedCode {
  readonly #missing = new Set<CodePart>()

  constructor(readonly changed: () => void) {}

  get state(): 'here' | 'awaited' {
    return this.#missing.size === 0 ? 'here' : 'awaited'
  }

  /** What tells of one part. */
  teller(part: CodePart): (isMissing: boolean) => void {
    return (isMissing) => {
      this.#missing[isMissing ? 'add' : 'delete'](part)
      this.changed()
    }
  }
}
