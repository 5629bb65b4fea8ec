/** One object per run and a last one with `summary: true`; as JSON lines or as text. */
export class Report {
  constructor(readonly isJson: boolean) {}

  row(figures: object): void {
    this.#print(figures)
  }

  summary(figures: object): void {
    this.#print({ summary: true, ...figures })
  }

  #print(figures: object): void {
    const json = JSON.stringify(figures)
    console.log(this.isJson ? json : json.replaceAll('"', '').slice(1, -1).replaceAll(',', '  '))
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

/** Three digits that mean something. */
export const round = (value: number): number => Number(value.toPrecision(3))
