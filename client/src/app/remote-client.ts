import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import type { StateStore } from '../adapters/state-store.ts'
import { fail } from './answers.ts'
import type { AppCommand, AppErrorCode, AppResult, AppSnapshot, NodeClient } from './api.ts'
import { emptySnapshot } from './empty-snapshot.ts'
import type { LocalClient } from './local-client.ts'
import { rememberedFiles } from './own-files.ts'

const CHANNEL = 'ringdrop-tabs'
/** A follower says so often that it is there; an owner that hears nobody stops sending snapshots. */
const HELLO_MS = 5_000
/** A command that the owner has not answered by then failed; saving large files takes a while. */
const ANSWER_MS = 60_000

/** Between the tabs of one profile; all of one origin and one version, so shapes are trusted. */
type TabMessage =
  | { readonly type: 'hello' }
  | { readonly type: 'snapshot'; readonly snapshot: AppSnapshot }
  | { readonly type: 'command'; readonly id: string; readonly command: AppCommand }
  | { readonly type: 'answer'; readonly id: string; readonly result: AppResult<AppCommand['type']> }

/** Shows the owner's node in another tab, and passes commands to it. Files cross as handles, not as bytes. */
export class RemoteClient implements NodeClient {
  readonly #channel = new BroadcastChannel(CHANNEL)
  readonly #answers = new Map<string, (result: AppResult<AppCommand['type']>) => void>()
  readonly #listeners = new Set<() => void>()
  readonly #timer: ReturnType<typeof setInterval>
  #snapshot: AppSnapshot = emptySnapshot({ name: 'follower' })

  constructor(
    readonly state: StateStore,
    changed: () => void,
  ) {
    this.onChange(changed)
    this.#channel.onmessage = (event: MessageEvent<TabMessage>) => this.#onMessage(event.data)
    this.#timer = setInterval(() => this.#post({ type: 'hello' }), HELLO_MS)
    this.#post({ type: 'hello' })
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
    if (share !== null) await rememberedFiles(share, true)
  }

  #pass<Type extends AppCommand['type']>(
    command: Extract<AppCommand, { type: Type }>,
  ): Promise<AppResult<Type>> {
    const id = crypto.randomUUID()
    return new Promise((resolve) => {
      const finish = (result: AppResult<AppCommand['type']>) => {
        clearTimeout(timer)
        this.#answers.delete(id)
        resolve(result as AppResult<Type>)
      }
      const ownerGone = { ok: false, code: 'ownerGone' satisfies AppErrorCode } as const
      const timer = setTimeout(() => finish(ownerGone), ANSWER_MS)
      this.#answers.set(id, finish)
      this.#post({ type: 'command', id, command })
    })
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#channel.close()
    for (const finish of this.#answers.values()) finish({ ok: false, code: 'ownerGone' })
  }

  #onMessage(message: TabMessage): void {
    if (message.type === 'answer') this.#answers.get(message.id)?.(message.result)
    if (message.type !== 'snapshot') return
    this.#snapshot = { ...message.snapshot, phase: { name: 'follower' } }
    for (const listener of this.#listeners) listener()
  }

  #post(message: TabMessage): void {
    this.#channel.postMessage(message)
  }
}

/** The owner's side: answers the commands of other tabs and keeps them up to date while there are any. */
export function serveTabs(client: LocalClient): void {
  const channel = new BroadcastChannel(CHANNEL)
  const post = (message: TabMessage) => channel.postMessage(message)
  let heardAt = -Infinity
  const show = () => post({ type: 'snapshot', snapshot: client.snapshot() })
  channel.onmessage = (event: MessageEvent<TabMessage>) => {
    const message = event.data
    if (message.type === 'hello') {
      heardAt = performance.now()
      show()
    } else if (message.type === 'command') {
      const { id, command } = message
      client
        .run(command)
        .then((result) => post({ type: 'answer', id, result }))
        .catch(() => post({ type: 'answer', id, result: fail('io') }))
    }
  }
  client.onChange(() => {
    if (performance.now() - heardAt < HELLO_MS * 3) show()
  })
}
