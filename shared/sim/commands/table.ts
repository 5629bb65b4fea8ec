const WIDTH = 9

/** One row of a table with columns of equal width, right-aligned. */
export function table(cells: readonly string[]): string {
  return cells
    .map((cell) => cell.padStart(WIDTH))
    .join('')
    .trimEnd()
}
