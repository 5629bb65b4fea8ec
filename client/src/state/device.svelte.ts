import type { Language } from '../lang/language.ts'
import { isLookedAt, tellWhetherVisible } from '../lib/looked-at.ts'
import { persistent } from '../lib/persistent.ts'
import { recall, remember } from '../lib/remembered.ts'
import { takeShared } from '../lib/shared-files.ts'
import { forgetAccepted, wasAccepted } from '../lib/update-mark.ts'
import { SHARED_HASH, SHARED_LOST_HASH } from '../lib/route.ts'
import type { Actions } from './actions.svelte.ts'
import type { Notices } from './notices.svelte.ts'
import type { Updates } from './updates.svelte.ts'

/** Chromium's offer to install the page; not in TypeScript's DOM library. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>
}

/** Files that the system opens with the installed app; not in TypeScript's DOM library. */
interface LaunchQueue {
  setConsumer(consumer: (launch: { readonly files: readonly FileSystemFileHandle[] }) => void): void
}

/** How long people are asked what they need not answer. */
const QUESTION_MS = 15_000
const NOTIFY_KEY = 'ringdrop-notify'
/** A new version is looked for this often while the page stays open. Our choice. */
const UPDATE_CHECK_MS = 60 * 60_000

/** What browser and system offer beyond the page: installing, updates, notifications, storage that stays, files handed over. */
export class Device {
  readonly #notices: Notices
  readonly #actions: Actions
  readonly #lang: Language
  #install = $state.raw<InstallPrompt | null>(null)
  #isPersisted = $state<boolean | null>(null)
  #notifies = $state(false)
  #wasAsked = false
  /** The notice that asks whether to notify. */
  #question: number | null = null
  #updates: Promise<Updates> | null = null
  /** Whether something would be lost if the page were left now. */
  wouldLose = $state(false)
  /** The person knows what is lost: they are not asked again. */
  isLeaving = false

  constructor(notices: Notices, actions: Actions, lang: Language) {
    this.#notices = notices
    this.#actions = actions
    this.#lang = lang
    this.#notifies = mayNotify()
  }

  /** Whether the browser offers to install the page as an app. */
  get canInstall(): boolean {
    return this.#install !== null
  }

  /** Whether storage is safe from eviction; `null` while unknown. */
  get isPersisted(): boolean | null {
    return this.#isPersisted
  }

  get canNotify(): boolean {
    return canNotify()
  }

  get notifies(): boolean {
    return this.#notifies
  }

  start(): () => void {
    const onInstall = (event: Event) => {
      event.preventDefault()
      this.#install = event as InstallPrompt
    }
    addEventListener('beforeinstallprompt', onInstall)
    void this.refreshPersisted()
    void this.#takeShared()
    addEventListener('hashchange', this.#takeShared)
    const hide = tellWhetherVisible()
    this.#followLaunches()
    if (document.readyState === 'complete') void this.#followUpdates()
    else addEventListener('load', () => void this.#followUpdates(), { once: true })
    return () => {
      removeEventListener('beforeinstallprompt', onInstall)
      removeEventListener('hashchange', this.#takeShared)
      hide()
    }
  }

  /** Without a question: whoever calls has asked. */
  reload(): void {
    this.isLeaving = true
    location.reload()
  }

  async install(): Promise<void> {
    await this.#install?.prompt()
    this.#install = null
  }

  async refreshPersisted(): Promise<void> {
    this.#isPersisted = (await navigator.storage?.persisted?.().catch(() => null)) ?? null
  }

  /** Asks the browser not to delete what is stored. @returns what it said. */
  async persist(): Promise<boolean> {
    const isPersisted = await navigator.storage.persist().catch(() => false)
    await this.refreshPersisted()
    return isPersisted
  }

  /** Lets the browser open magnet links here; the browser asks the person. */
  registerMagnet(): boolean {
    try {
      navigator.registerProtocolHandler('magnet', `${location.origin}${location.pathname}#%s`)
      return true
    } catch {
      return false
    }
  }

  /** Asked when a download begins, once a visit, and only of those who were never asked before. */
  offerNotifications(): void {
    if (this.#wasAsked || !canNotify() || Notification.permission !== 'default') return
    this.#wasAsked = true
    const { notify } = this.#lang.t
    const yes = { label: notify.yes, run: () => void this.setNotifies(true) }
    this.#question = this.#notices.show(notify.question, 'quiet', [yes], QUESTION_MS)
  }

  /** Everything is done: there is nothing left to be told of. */
  withdrawOffer(): void {
    if (this.#question !== null) this.#notices.dismiss(this.#question)
    this.#question = null
  }

  /** As it was chosen in another tab. */
  follow(): void {
    this.#notifies = mayNotify()
  }

  async setNotifies(wanted: boolean): Promise<void> {
    // As the switch has it already: it goes back only by a change.
    this.#notifies = wanted
    if (wanted && canNotify() && Notification.permission !== 'granted') {
      if ((await Notification.requestPermission()) !== 'granted') {
        this.#notices.show(this.#lang.t.notify.refused, 'warn')
        wanted = false
      }
    }
    this.#notifies = wanted
    remember(NOTIFY_KEY, wanted ? 'yes' : 'no')
  }

  /** Only when nobody is looking at any tab of the app. Called in the tab that runs the node alone, or each would tell. */
  async notify(title: string, body: string): Promise<void> {
    // The person may have chosen in another tab.
    if (recall(NOTIFY_KEY) !== null) this.#notifies = mayNotify()
    if (!this.#notifies || (await isLookedAt())) return
    const registration = await navigator.serviceWorker?.getRegistration()
    const options = { body, icon: './icon-192.png', tag: body }
    // Phones know notifications of service workers only.
    if (registration !== undefined) await registration.showNotification(title, options).catch(() => undefined)
    else new Notification(title, options)
  }

  /** The app opens when the server is gone, by its service worker; without it everything else works all the same. */
  async #followUpdates(): Promise<void> {
    if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
    const { serviceWorker } = navigator
    // Without a controller this is the first visit: nothing is replaced.
    let isControlled = serviceWorker.controller !== null
    // `undefined` where something in between keeps service workers out, as privacy extensions and test tools do.
    const registration: ServiceWorkerRegistration | null | undefined = await serviceWorker
      .register('./sw.js')
      .catch(() => null)
    if (!registration) return
    // The new version has taken over before anybody listened, and this page is still the old one's.
    if (wasAccepted() && registration.waiting === null) {
      forgetAccepted()
      return this.reload()
    }
    // However long it takes: nobody is told of a new version otherwise.
    const load = () =>
      persistent(
        () => import('./updates.svelte.ts'),
        () => undefined,
      )
    const offer = async (waiting: () => ServiceWorker | null) => {
      this.#updates ??= load().then(({ Updates }) => new Updates(this, this.#notices, this.#lang))
      await (await this.#updates).offer(waiting)
    }
    const look = () => {
      if (registration.waiting !== null && isControlled) void offer(() => registration.waiting)
    }
    const follow = () => registration.installing?.addEventListener('statechange', look)
    serviceWorker.addEventListener('controllerchange', () => {
      if (isControlled) void offer(() => null)
      isControlled = true
    })
    registration.addEventListener('updatefound', follow)
    // It may have been found before anybody listened.
    follow()
    look()
    setInterval(() => void registration.update().catch(() => undefined), UPDATE_CHECK_MS)
  }

  /** Another app shared something with this one: the service worker keeps it until the page asks. */
  readonly #takeShared = async (): Promise<void> => {
    if (location.hash === SHARED_LOST_HASH) {
      history.replaceState(null, '', '#/')
      this.#notices.show(this.#lang.t.error.sharedLost, 'bad')
    }
    if (location.hash !== SHARED_HASH) return
    const shared = await takeShared().catch(() => null)
    history.replaceState(null, '', '#/')
    if (shared === null) return void this.#notices.show(this.#lang.t.error.sharedLost, 'bad')
    if (shared.files.length > 0) await this.#actions.shareFiles(shared.files)
    else if (shared.text !== '') this.#actions.openOrOfferText(shared.text)
  }

  #followLaunches(): void {
    const queue = (globalThis as { launchQueue?: LaunchQueue }).launchQueue
    queue?.setConsumer(({ files }) => {
      const open = async (handle: FileSystemFileHandle) => {
        const file = await handle.getFile()
        return { file, path: [file.name], handle }
      }
      void Promise.all(files.map(open)).then(
        (picked) => (picked.length > 0 ? this.#actions.shareFiles(picked) : undefined),
        () =>
          this.#notices.show(this.#lang.t.error.unreadable(this.#lang.t.count.files(files.length)), 'bad'),
      )
    })
  }
}

const canNotify = (): boolean => 'Notification' in globalThis
const mayNotify = (): boolean =>
  canNotify() && Notification.permission === 'granted' && recall(NOTIFY_KEY) === 'yes'
