import type { SessionId } from '@ringdrop/shared/kernel/ids.ts'
import type { InviteView } from '@ringdrop/shared/protocols/introduction/sessions.ts'
import type { AppState } from './app-state.svelte.ts'

/** `ended`: nobody brought the next word in time, or the tab that ran the node is gone; `failed`: no path was found. */
export type InviteStage = 'none' | InviteView['state'] | 'ended' | 'failed'

/** Follows one invite from when it was made or accepted until it is a link, or nothing can come of it any more. */
export class InviteWatch {
  #stage = $state<InviteStage>('none')
  #sid: SessionId | null = null
  /** What is shown may be older than the answer to the command: not there yet is not gone. */
  #isSeen = false

  get stage(): InviteStage {
    return this.#stage
  }

  follow(sid: SessionId): void {
    this.#sid = sid
    this.#isSeen = false
    this.#stage = 'waiting'
  }

  /** @param invites of the node; undefined while none runs */
  see(invites: readonly InviteView[] | undefined): void {
    if (invites === undefined || this.#sid === null) return
    const state = invites.find(({ sid }) => sid === this.#sid)?.state
    if (state !== undefined) {
      this.#isSeen = true
      this.#stage = state
    } else if (this.#isSeen) {
      this.#stage = this.#stage === 'connecting' ? 'failed' : 'ended'
    }
    if (this.#stage !== 'waiting' && this.#stage !== 'connecting') this.#sid = null
  }
}

/** One that looks at what the app shows. Called by a component as it is made, and ends with it. */
export function watchInvite({ view }: Pick<AppState, 'view'>): InviteWatch {
  const watch = new InviteWatch()
  $effect(() => watch.see(view.snapshot.node?.invites))
  return watch
}
