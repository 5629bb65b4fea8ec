/** Speed over time, as points of a line. */

/** What is kept: two minutes at one sample a second. */
export const SAMPLES = 120
export const SAMPLE_MS = 1_000

export interface Sample {
  readonly down: number
  readonly up: number
}

/** Appends and forgets what is too old. */
export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  return [...samples.slice(-(SAMPLES - 1)), sample]
}

/** Points for a `polyline` in a box of {@link SAMPLES} by 1, newest at the right. @param most what reaches the top. */
export function linePoints(values: readonly number[], most: number): string {
  const from = SAMPLES - values.length
  return values
    .map((value, index) => `${String(from + index)},${(1 - (most > 0 ? value / most : 0)).toFixed(3)}`)
    .join(' ')
}
