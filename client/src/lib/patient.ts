/** What gives no sign of life for so long will not come: a disk that sleeps needs some seconds. Our choice. */
export const PATIENCE_MS = 60_000

/** Waits, but not for ever. @throws when it takes longer. */
export async function patient<Value>(work: Promise<Value>, ms = PATIENCE_MS): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException('nothing came', 'TimeoutError')), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
