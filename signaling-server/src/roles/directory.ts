import type { Clock } from '@ringdrop/shared/host/ports.ts'
import type { PeerId } from '@ringdrop/shared/kernel/ids.ts'
import { DirectoryServer, type DirectoryServerInput } from '@ringdrop/shared/protocols/directory/server.ts'
import type {
  DirectorySearchRequest,
  DirectorySearchResponse,
  DirectoryUpdateRequest,
  DirectoryUpdateResponse,
} from '@ringdrop/shared/wire/signaling.ts'
import { RoleHost } from './role-host.ts'
import type { Directory, Reply } from './roles.ts'

type DirectoryResponse = DirectoryUpdateResponse | DirectorySearchResponse

export interface DirectoryRoleOptions {
  readonly clock: Clock
  /** Bytes of memory that it may take. */
  readonly room: number
  /** Told when the core threw; the role goes on with an empty core, and peers whose digest differs register anew. */
  readonly onFault: (error: unknown) => void
}

/** Hosts the directory core. */
export class DirectoryRole implements Directory {
  readonly #host: RoleHost<DirectoryServerInput, DirectoryResponse, DirectoryServer>

  constructor({ clock, room, onFault }: DirectoryRoleOptions) {
    this.#host = new RoleHost({ clock, create: () => new DirectoryServer(room), onFault })
  }

  get sizes(): { readonly files: number; readonly peers: number } {
    return this.#host.core.sizes
  }

  update(
    from: PeerId,
    address: string | null,
    request: DirectoryUpdateRequest,
    reply: Reply<DirectoryUpdateResponse>,
  ): void {
    // An update is answered by its own kind of response.
    const answer = reply as Reply<DirectoryResponse>
    this.#host.ask((replyTo) => ({ type: 'update', from, address, request, replyTo }), answer)
  }

  search(from: PeerId, request: DirectorySearchRequest, reply: Reply<DirectorySearchResponse>): void {
    const answer = reply as Reply<DirectoryResponse>
    this.#host.ask((replyTo) => ({ type: 'search', from, request, replyTo }), answer)
  }

  /** What a peer has registered, by share. */
  sharesOf(peer: PeerId): ReturnType<DirectoryServer['sharesOf']> {
    return this.#host.core.sharesOf(peer)
  }

  /** The address that a peer's files are counted for. */
  addressOf(peer: PeerId): string | null {
    return this.#host.core.addressOf(peer)
  }

  /** Whether the core took this very listing of an update. */
  holds(...args: Parameters<DirectoryServer['holds']>): boolean {
    return this.#host.core.holds(...args)
  }

  peerGone(peer: PeerId): void {
    this.#host.feed({ type: 'peerGone', peer })
  }

  stop(): void {
    this.#host.stop()
  }
}
