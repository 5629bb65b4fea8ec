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

  goHome(): void {
    location.hash = HOME_HASH
  }

  /** Keeps the address of a search up to date without a step of history for each. */
  showSearch(query: string): void {
    history.replaceState(null, '', searchHash(query))
    this.#route = { page: 'search', query }
  }

  /** Opens what was pasted, even if it is no link: the page then says why not. */
  open(text: string): void {
    location.hash = hashFor(text)
  }
}
