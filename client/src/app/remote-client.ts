import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { StateStore } from '../adapters/state-store.ts'
import { fail } from './answers.ts'
import type { AppCommand, AppResult, AppSnapshot, NodeClient } from './api.ts'
import { emptySnapshot } from './empty-snapshot.ts'
import { mayRead } from './own-files.ts'

const CHANNEL = 'ringdrop-tabs'
/** A follower says so often that it is there; an owner that hears nobody stops sending snapshots. */
const HELLO_MS = 5_000
/** A command that the owner has not answered by then failed; saving large files takes a while. */
const ANSWER_MS = 60_000

/** Between the tabs of one profile; all of one origin and one version, so shapes are trusted. */
type TabMessage =
  | { readonly type: 'hello' }
  | { readonly type: 'snapshot'; readonly snapshot: AppSnapshot }
  /** `to`: the session of an owner; another one, which may listen already, is told when it has been heard. */
  | { readonly type: 'command'; readonly id: string; readonly to: string; readonly command: AppCommand }
  | { readonly type: 'answer'; readonly id: string; readonly result: AnyResult }
  /** The files of a `share` command are a share now; `null`: they will never be one. */
  | { readonly type: 'ended'; readonly id: string; readonly infoHash: InfoHash | null }

type AnyResult = AppResult<AppCommand['type']>

const NOBODY: Pick<NodeClient, 'run'> = { run: () => Promise.resolve(fail('ownerGone')) }

/** The client of the tab that runs the node, as far as other tabs need it. */
export interface Owner extends NodeClient {
  /** @param id of the job that a `share` command has begun. @returns `null` when nothing comes of it. */
  untilShared(id: string): Promise<InfoHash | null>
}

type ShareCommand = Extract<AppCommand, { type: 'share' }>

/** What another owner would have to be told, since it would end with this one. */
type Open =
  | {
      readonly name: 'asked'
      readonly command: AppCommand
      readonly finish: (result: AnyResult) => void
    }
  /** Answered, but its files are not a share yet. */
  | { readonly name: 'begun'; readonly command: ShareCommand }
  /** Browsers forget most files with the tab that reads them; this one still has them. */
  | { readonly name: 'shared'; readonly infoHash: InfoHash; readonly files: ShareCommand['files'] }

/** @returns `null` where the new owner, which looks like this, needs nothing. */
function leftUndone(open: Open, { missingSources }: AppSnapshot): AppCommand | null {
  if (open.name !== 'shared') return open.command
  const { infoHash, files } = open
  const isMissing = missingSources.some((each) => each.infoHash === infoHash)
  return isMissing ? { type: 'reselect', infoHash, files } : null
}

/**
 * Shows the owner's node in another tab, and passes commands to it. Files cross as handles, not as bytes. When another
 * tab takes over, it is given what the former one has left undone, and the files that were shared here.
 */
export class RemoteClient implements NodeClient {
  readonly #channel = new BroadcastChannel(CHANNEL)
  readonly #open = new Map<string, Open>()
  readonly #listeners = new Set<() => void>()
  readonly #timer: ReturnType<typeof setInterval>
  #snapshot: AppSnapshot = emptySnapshot({ name: 'follower' })
  /** Of this very tab. */
  #successor: Pick<NodeClient, 'run'> | null = null

  constructor(
    readonly state: StateStore,
    changed: () => void,
  ) {
    this.onChange(changed)
    this.#channel.onmessage = (event: MessageEvent<TabMessage>) => this.#onMessage(event.data)
    this.#timer = setInterval(this.#greet, HELLO_MS)
    // Browsers slow the timers of hidden tabs down, so that the owner may have stopped showing itself to this one.
    document.addEventListener('visibilitychange', this.#greet)
    this.#greet()
  }

  snapshot(): AppSnapshot {
    return this.#snapshot
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async run<Type extends AppCommand['type']>(
    command: Extract<AppCommand, { type: Type }>,
  ): Promise<AppResult<Type>> {
    const asked: AppCommand = command
    if (asked.type === 'reselect' && asked.files.length === 0) await this.#ask(asked.infoHash)
    return this.#pass<Type>(command)
  }

  /** Only the tab that was clicked may ask for permission to read files; it holds for all tabs. */
  async #ask(infoHash: InfoHash): Promise<void> {
    const share = await this.state.share(infoHash).catch(() => null)
    if (share !== null) await mayRead(share, true)
  }

  #pass<Type extends AppCommand['type']>(
    command: Extract<AppCommand, { type: Type }>,
  ): Promise<AppResult<Type>> {
    if (this.#successor !== null) return this.#successor.run<Type>(command)
    const id = crypto.randomUUID()
    return new Promise((resolve) => {
      const finish = (result: AnyResult) => {
        clearTimeout(timer)
        resolve(result as AppResult<Type>)
      }
      const timer = setTimeout(() => this.#onAnswer(id, fail('ownerGone')), ANSWER_MS)
      this.#open.set(id, { name: 'asked', command, finish })
      // Before an owner is heard nobody listens: its first word brings it all.
      const { session } = this.#snapshot
      if (session !== null) this.#post({ type: 'command', id, to: session, command })
    })
  }

  /**
   * Ends it: this tab's own node takes over and does what the former owner has left undone.
   * @param owner `null`: there is none, and none will come.
   */
  handOver(owner: NodeClient | null): void {
    clearInterval(this.#timer)
    document.removeEventListener('visibilitychange', this.#greet)
    this.#channel.close()
    this.#successor = owner ?? NOBODY
    const snapshot = owner?.snapshot() ?? this.#snapshot
    for (const open of this.#open.values()) {
      const command = leftUndone(open, snapshot)
      const result = command === null ? null : this.#successor.run(command)
      if (open.name === 'asked') void result?.then(open.finish)
    }
    this.#open.clear()
  }

  #onMessage(message: TabMessage): void {
    if (message.type === 'answer') this.#onAnswer(message.id, message.result)
    if (message.type === 'ended') this.#onEnd(message)
    if (message.type === 'snapshot') this.#onSnapshot(message.snapshot)
  }

  #onAnswer(id: string, result: AnyResult): void {
    const open = this.#open.get(id)
    if (open?.name !== 'asked') return
    const { command, finish } = open
    if (command.type === 'share' && result.ok) this.#open.set(id, { name: 'begun', command })
    else this.#open.delete(id)
    finish(result)
  }

  #onEnd({ id, infoHash }: Extract<TabMessage, { type: 'ended' }>): void {
    const open = this.#open.get(id)
    if (open?.name !== 'begun') return
    if (infoHash === null) this.#open.delete(id)
    else this.#open.set(id, { name: 'shared', infoHash, files: open.command.files })
  }

  #onSnapshot(snapshot: AppSnapshot): void {
    const former = this.#snapshot.session
    const { session } = snapshot
    this.#snapshot = { ...snapshot, phase: { name: 'follower' } }
    for (const listener of this.#listeners) listener()
    if (session === null || session === former) return
    for (const [id, open] of this.#open) {
      const command = leftUndone(open, snapshot)
      if (command !== null) this.#post({ type: 'command', id, to: session, command })
    }
  }

  readonly #greet = (): void => this.#post({ type: 'hello' })

  #post(message: TabMessage): void {
    this.#channel.postMessage(message)
  }
}

/**
 * The owner's side: answers the commands of other tabs and keeps them up to date while there are any.
 * @returns a function that ends it.
 */
export function serveTabs(client: Owner): () => void {
  const channel = new BroadcastChannel(CHANNEL)
  let isOpen = true
  const post = (message: TabMessage) => (isOpen ? channel.postMessage(message) : undefined)
  let heardAt = -Infinity
  const show = () => post({ type: 'snapshot', snapshot: client.snapshot() })
  const obey = async ({ id, command }: Extract<TabMessage, { type: 'command' }>) => {
    if (command.type !== 'share') return post({ type: 'answer', id, result: await client.run(command) })
    const result = await client.run(command)
    post({ type: 'answer', id, result })
    if (!result.ok) return
    post({ type: 'ended', id, infoHash: await client.untilShared(result.value.id) })
  }
  channel.onmessage = ({ data: message }: MessageEvent<TabMessage>) => {
    if (message.type === 'command' && message.to === client.snapshot().session) void obey(message)
    if (message.type !== 'hello') return
    heardAt = performance.now()
    show()
  }
  const endChanges = client.onChange(() => {
    if (performance.now() - heardAt < HELLO_MS * 3) show()
  })
  // Whoever waits since the former owner closed need not wait for their next greeting.
  show()
  return () => {
    endChanges()
    isOpen = false
    channel.close()
  }
}
