/**
 * Who asks for more must hold less than a quarter of what is still free. So one alone gets a fifth of the whole, and each
 * further one that is as greedy a fifth of the rest: there is always room for those who hold little. Choudhury and
 * Hahne's dynamic threshold (IEEE/ACM Transactions on Networking 6(2), 1998); the factor is our choice: a school class
 * of 40 with 500 files each, behind one address, finds room in a directory that is half full.
 */
export const FREE_PER_HELD = 4

/** Counts what each address holds of a room that all share. */
export class FairRoom {
  readonly #held = new Map<string, number>()

  /**
   * @param address `null` for those whose address says nothing, who share the room as if nobody counted
   * @param free what nobody holds, in the unit of {@link hold}
   */
  mayTakeMore(address: string | null, free: number): boolean {
    return address === null || this.heldBy(address) * FREE_PER_HELD < free
  }

  heldBy(address: string): number {
    return this.#held.get(address) ?? 0
  }

  /** @param amount negative for what is given back */
  hold(address: string | null, amount: number): void {
    if (address === null) return
    const held = this.heldBy(address) + amount
    if (held > 0) this.#held.set(address, held)
    else this.#held.delete(address)
  }
}
