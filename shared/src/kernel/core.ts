/**
 * The shape of every protocol in Ringdrop: a sans-I/O state machine.
 *
 * A core never reads a clock, draws from a global random source, awaits anything or touches a socket.
 * It is told what happened (`Input`) and when (`now`), changes its own state, and says what should be
 * done (`Effect`). A host carries the effects out and reports their results as later inputs.
 */
export interface Core<Input, Effect> {
  /**
   * @param now milliseconds on the host's monotonic clock, whose zero is near the Unix epoch; never decreases.
   * @returns effects in the order in which the host must apply them.
   */
  handle(input: Input, now: number): Effect[]
  /** The earliest `now` at which the core wants a `wake` input; `Infinity` when it waits for nothing. */
  wakeAt(): number
}

/** Makes the compiler find a forgotten case of a union; throws if one slips through at run time. */
export function assertNever(value: never): never {
  throw new Error(`unexpected variant: ${JSON.stringify(value)}`)
}
