/** Neighbouring cells of equal value, drawn as one bar. */
export interface Run {
  readonly from: number
  readonly length: number
  /** 0 to 1. */
  readonly value: number
}

/** Merges equal neighbours: a map of 240 cells is mostly a few bars. Empty cells are left out. */
export function runsOf(cells: readonly number[]): Run[] {
  const runs: Run[] = []
  let from = 0
  for (let i = 1; i <= cells.length; i++) {
    const value = cells[from] ?? 0
    if (i < cells.length && cells[i] === value) continue
    if (value > 0) runs.push({ from, length: i - from, value })
    from = i
  }
  return runs
}
