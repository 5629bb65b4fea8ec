/** Our own bug, as opposed to a peer's fault or the world's. Nobody catches it but the host, which stops the node. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** States what must hold; throws {@link InvariantError} when it does not. Stays on in production. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** Reads a value that must be there; throws {@link InvariantError} otherwise. */
export function defined<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new InvariantError(`missing ${what}`)
  return value
}
