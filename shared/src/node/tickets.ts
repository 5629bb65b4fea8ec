/**
 * Numbers for work that the host does for one of several cores of a node. Each core counts its own tickets;
 * the host sees one sequence.
 */
export class Tickets<Owner> {
  readonly #open = new Map<number, { readonly owner: Owner; readonly ticket: number }>()
  #next = 0

  /** A number for the host that stands for a core's own. */
  issue(owner: Owner, ticket: number): number {
    this.#open.set(this.#next, { owner, ticket })
    return this.#next++
  }

  /** Whose it was, once. */
  take(number: number): { readonly owner: Owner; readonly ticket: number } | undefined {
    const found = this.#open.get(number)
    this.#open.delete(number)
    return found
  }

  /** Answers to this owner's open tickets lead nowhere from now on. */
  drop(owner: Owner): void {
    for (const [number, open] of this.#open) if (open.owner === owner) this.#open.delete(number)
  }
}
