import { createContext } from 'svelte'
import type { NodeClient } from '../app/api.ts'
import { Actions } from './actions.svelte.ts'
import { Device } from './device.svelte.ts'
import { KeyChoice } from './key-choice.svelte.ts'
import type { LanguageState } from './language-state.svelte.ts'
import { NodeView } from './node-view.svelte.ts'
import { Notices } from './notices.svelte.ts'
import { Router } from './router.svelte.ts'
import { SpeedHistory } from './speed-history.svelte.ts'
import { ThemeState } from './theme.svelte.ts'

/** All that pages share; made once by `App.svelte` and handed down by context. */
export class AppState {
  readonly view: NodeView
  readonly router = new Router()
  readonly notices = new Notices()
  readonly theme = new ThemeState()
  readonly keys = new KeyChoice()
  readonly lang: LanguageState
  readonly actions: Actions
  readonly speeds: SpeedHistory
  readonly device: Device
  /** The dialog that is open over the page. */
  sheet = $state<'settings' | 'keys' | null>(null)

  constructor(client: NodeClient, lang: LanguageState) {
    this.lang = lang
    this.view = new NodeView(client)
    this.speeds = new SpeedHistory(this.view)
    this.actions = new Actions(client, this.notices, this.router, lang)
    this.device = new Device(this.notices, this.actions, lang)
  }

  /** Begins to follow the address and the device. @returns a function that ends it. */
  start(): () => void {
    const ends = [this.router.start(), this.device.start(), this.speeds.follow(), this.#followChoices()]
    return () => ends.forEach((end) => end())
  }

  /** What is chosen in one tab holds for all of the browser. */
  #followChoices(): () => void {
    const follow = () => [this.theme, this.keys, this.lang, this.device].forEach((each) => each.follow())
    addEventListener('storage', follow)
    return () => removeEventListener('storage', follow)
  }
}

export const [getApp, setApp] = createContext<AppState>()
