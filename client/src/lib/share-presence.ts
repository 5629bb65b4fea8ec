/** Whether the node that runs now, under that name, has had the share. */
type Seen = { readonly name: 'never' } | { readonly name: 'had'; readonly session: string }

/**
 * What the page of a share does as the share comes and goes. A node that never had it is asked to open the link: the person
 * came here, or another tab took over from one that was closed and does not know of links that were only looked at. But what
 * a node had and has no longer was removed or renamed, here or in another tab, and stays away.
 */
export class SharePresence {
  #seen: Seen = { name: 'never' }

  /** @param session names the node, `null` before one runs. */
  next(isThere: boolean, session: string | null): 'stay' | 'open' | 'leave' {
    if (session === null) return 'stay'
    if (isThere) {
      this.#seen = { name: 'had', session }
      return 'stay'
    }
    return this.#seen.name === 'had' && this.#seen.session === session ? 'leave' : 'open'
  }
}
