import { Host, type Wake } from '@ringdrop/shared/host/host.ts'
import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { Core } from '@ringdrop/shared/kernel/core.ts'
import type { Refusal } from '@ringdrop/shared/wire/signaling.ts'

/** What the core of a role does: it answers each request once. */
interface ReplyEffect<Response> {
  readonly type: 'reply'
  /** The number that came with the request. */
  readonly replyTo: number
  readonly response: Response | Refusal
}

export interface RoleHostOptions<RoleCore, Other> {
  readonly clock: Clock
  /** Makes an empty core; `generation` counts from 1. */
  readonly create: (generation: number) => RoleCore
  /** Carries out what is not a reply. */
  readonly onOther?: (effect: Other) => void
  /** Told when the core threw; the role goes on with an empty core, which the peers fill again. */
  readonly onFault: (error: unknown) => void
}

/** Hosts the core of a server role and hands its replies to whoever asked. */
export class RoleHost<
  Input,
  Response,
  RoleCore extends Core<Input | Wake, ReplyEffect<Response> | Other>,
  Other extends { readonly type: string } = never,
> {
  readonly #replies = new Map<number, (response: Response | Refusal) => void>()
  readonly #options: RoleHostOptions<RoleCore, Other>
  #lastReply = 0
  #generation = 0
  #core: RoleCore
  #host: Host<Input, ReplyEffect<Response> | Other>

  constructor(options: RoleHostOptions<RoleCore, Other>) {
    this.#options = options
    this.#core = this.#createCore()
    this.#host = this.#createHost()
  }

  get core(): RoleCore {
    return this.#core
  }

  feed(input: Input): void {
    this.#host.feed(input)
  }

  /** Feeds a request that carries the given number; `reply` is called exactly once. */
  ask(request: (replyTo: number) => Input, reply: (response: Response | Refusal) => void): void {
    this.#replies.set(++this.#lastReply, reply)
    this.#host.feed(request(this.#lastReply))
  }

  stop(): void {
    this.#host.stop()
  }

  #createCore(): RoleCore {
    return this.#options.create(++this.#generation)
  }

  #createHost(): Host<Input, ReplyEffect<Response> | Other> {
    return new Host(this.#core, {
      clock: this.#options.clock,
      apply: (effect) => {
        if (!isReply<Response, Other>(effect)) return this.#options.onOther?.(effect)
        const { replyTo, response } = effect
        const reply = this.#replies.get(replyTo)
        this.#replies.delete(replyTo)
        reply?.(response)
      },
      onFault: (error) => {
        this.#recover(error)
      },
    })
  }

  /** State is soft: what the old core knew comes back from the peers. */
  #recover(error: unknown): void {
    this.#core = this.#createCore()
    this.#host = this.#createHost()
    const pending = [...this.#replies.values()]
    this.#replies.clear()
    for (const reply of pending) reply({ ok: false, code: 'full' })
    this.#options.onFault(error)
  }
}

function isReply<Response, Other extends { readonly type: string }>(
  effect: ReplyEffect<Response> | Other,
): effect is ReplyEffect<Response> {
  return effect.type === 'reply'
}
