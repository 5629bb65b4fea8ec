import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { DirectoryServer, type DirectoryServerInput } from '@ringdrop/shared/protocols/directory/server.ts'
import type {
  DirectorySearchRequest,
  DirectorySearchResponse,
  DirectoryUpdateRequest,
  DirectoryUpdateResponse,
  Refusal,
} from '@ringdrop/shared/wire/signaling.ts'
import { RoleHost } from './role-host.ts'

type DirectoryResponse = DirectoryUpdateResponse | DirectorySearchResponse
type Reply = (response: DirectoryResponse | Refusal) => void

export interface DirectoryRoleOptions {
  readonly clock: Clock
  /** Told when the core threw; the role goes on with an empty core, and peers whose digest differs register anew. */
  readonly onFault: (error: unknown) => void
}

/** Hosts the directory core. */
export class DirectoryRole {
  readonly #host: RoleHost<DirectoryServerInput, DirectoryResponse, DirectoryServer>

  constructor({ clock, onFault }: DirectoryRoleOptions) {
    this.#host = new RoleHost({ clock, create: () => new DirectoryServer(), onFault })
  }

  get sizes(): { readonly files: number; readonly peers: number } {
    return this.#host.core.sizes
  }

  /** @param request checked by its schema. `reply` is called exactly once. */
  update(from: PeerId, request: DirectoryUpdateRequest, reply: Reply): void {
    this.#host.ask((replyTo) => ({ type: 'update', from, request, replyTo }), reply)
  }

  /** @param request checked by its schema. `reply` is called exactly once. */
  search(from: PeerId, request: DirectorySearchRequest, reply: Reply): void {
    this.#host.ask((replyTo) => ({ type: 'search', from, request, replyTo }), reply)
  }

  peerGone(peer: PeerId): void {
    this.#host.feed({ type: 'peerGone', peer })
  }

  stop(): void {
    this.#host.stop()
  }
}
