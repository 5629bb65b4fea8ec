import { createContext } from 'svelte'
import type { NodeClient } from '../app/api.ts'
import { Actions } from './actions.svelte.ts'
import { NodeView } from './node-view.svelte.ts'
import { Notices } from './notices.svelte.ts'
import { Router } from './router.svelte.ts'
import { ThemeState } from './theme.svelte.ts'

/** All that pages share; made once by `App.svelte` and handed down by context. */
export class AppState {
  readonly view: NodeView
  readonly router = new Router()
  readonly notices = new Notices()
  readonly theme = new ThemeState()
  readonly actions: Actions

  constructor(client: NodeClient) {
    this.view = new NodeView(client)
    this.actions = new Actions(client, this.notices, this.router)
  }
}

export const [getApp, setApp] = createContext<AppState>()
