/** Redis is there and has refused a command. */
export function isAnswer(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** The first word of what Redis answers, or the system's name of an error: no addresses, so that anybody may read it. */
export function codeOf(error: Error & { readonly code?: string }): string {
  return error.code ?? /^[A-Z]+\b/.exec(error.message)?.[0] ?? error.name
}

/**
 * Codes of a Redis of which nothing can be had for now: a script keeps it busy, it still loads its data, or it takes nothing, as
 * a replica, for want of replicas, or since it can't save.
 */
const USELESS: ReadonlySet<string> = new Set([
  'BUSY',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOREPLICAS',
  'READONLY',
])

export function isUseless(error: unknown): error is Error {
  return isAnswer(error) && USELESS.has(codeOf(error))
}
