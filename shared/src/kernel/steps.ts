/** Long work in small steps, for whoever has other things to do in between. It yields nothing, and returns its result. */
export type Steps<Value> = Generator<void, Value, void>

/** All steps at once. */
export function allSteps<Value>(steps: Steps<Value>): Value {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
