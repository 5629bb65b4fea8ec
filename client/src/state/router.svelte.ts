import { HOME_HASH, hashFor, parseRoute, searchHash, type Route } from '../lib/route.ts'

/** The page that is shown: all of it is in the address, so that a reload shows the same. */
export class Router {
  #route = $state.raw<Route>({ page: 'home' })

  get route(): Route {
    return this.#route
  }

  /** Follows the address until the function it returns is called. */
  start(): () => void {
    const follow = () => {
      this.#route = parseRoute(location.hash)
    }
    follow()
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }

  /** At once: the news of the address comes later. */
  goHome(): void {
    location.hash = HOME_HASH
    this.#route = { page: 'home' }
  }

  /**
   * Keeps the address of a search up to date without a step of history for each. `false` when somebody is on the way to
   * another page: its address is there already, the news of it comes later, and must not be undone.
   */
  showSearch(query: string): boolean {
    if (parseRoute(location.hash).page !== 'search') return false
    history.replaceState(null, '', searchHash(query))
    this.#route = { page: 'search', query }
    return true
  }

  /** Opens what was pasted, even if it is no link: the page then says why not. */
  open(text: string): void {
    location.hash = hashFor(text)
  }
}
