/** Scales of the Lab's charts. */
export interface Scale {
  readonly ticks: readonly number[]
  /** Equal factors are equally far apart, instead of equal differences. */
  readonly isLog: boolean
}

/** Place of a value, 0 to 1 from the first tick to the last. Values outside are put at the ends. */
export function placeOf({ ticks, isLog }: Scale, value: number): number {
  const [first = 0, last = 1] = [ticks[0], ticks.at(-1)]
  const of = (each: number) => (isLog ? Math.log(Math.max(each, Number.MIN_VALUE)) : each)
  const place = (of(value) - of(first)) / (of(last) - of(first))
  return Math.min(1, Math.max(0, place))
}
