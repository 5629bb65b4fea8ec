/** Parts of a whole for those who want so much each: nobody goes without for one who has more. */
export function fairParts(wanted: readonly number[], whole: number): number[] {
  const parts = wanted.map(() => 0)
  const modestFirst = wanted.map((want, index) => ({ want, index })).sort((a, b) => a.want - b.want)
  let left = Math.max(0, whole)
  modestFirst.forEach(({ want, index }, turn) => {
    const part = Math.min(want, Math.floor(left / (modestFirst.length - turn)))
    parts[index] = part
    left -= part
  })
  return parts
}
