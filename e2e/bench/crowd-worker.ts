import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { makeIdentity } from '../../client/src/adapters/node/key-file.ts'
import { DiskStorage } from '../../client/src/adapters/node/disk-storage.ts'
import { FileValues } from '../../client/src/adapters/node/file-values.ts'
import { StateStore } from '../../client/src/adapters/state-store.ts'
import {
  finishDownload,
  openDownload,
  startDownload,
  untilKnown,
  untilWhole,
} from '../../client/src/cli/downloads.ts'
import { Output } from '../../client/src/cli/output.ts'
import { Peer } from '../../client/src/cli/peer.ts'
import { offerShare, prepareShare } from '../../client/src/cli/sharing.ts'
import { makeFile } from '../fixtures/files.ts'
import {
  nameOf,
  type CrowdAnswers,
  type CrowdFigures,
  type CrowdRequest,
  type CrowdShare,
  type Numbered,
} from './crowd-protocol.ts'

/** Peers that start, hash or connect at the same time in one process. */
const AT_ONCE = 8
const CONNECT_MS = 60_000
const SEARCH_MS = 30_000
const DOWNLOAD_MS = 60_000

interface Member {
  readonly number: number
  readonly folder: string
  readonly peer: Peer
}

/** The production peers of one process. */
class CrowdWorker {
  readonly #root = mkdtempSync(join(tmpdir(), 'ringdrop-crowd-'))
  readonly #members = new Map<number, Member>()
  readonly #signal = new AbortController().signal
  readonly #silent = new Output({ write: () => true }, { write: () => true }, true, () => performance.now())

  async answer(request: CrowdRequest): Promise<CrowdAnswers[CrowdRequest['type']]> {
    switch (request.type) {
      case 'start':
        return this.#start(request.server, request.first, request.count)
      case 'share':
        return { shares: await this.#each((member) => this.#share(member, request.fileBytes)) }
      case 'settle': {
        const settled = await this.#each(({ peer }) => this.#settle(peer, request.timeoutMs), Infinity)
        return { settled: settled.filter(Boolean).length }
      }
      case 'search':
        return this.#search(request)
      case 'download':
        return { sha: await this.#download(request.peer, request.infoHash).catch(() => null) }
      case 'figures':
        return this.#figures()
      case 'stop':
        await this.#each(({ peer }) => peer.stop(), Infinity)
        rmSync(this.#root, { recursive: true, force: true })
        return null
    }
  }

  async #start(server: string, first: number, count: number): Promise<CrowdAnswers['start']> {
    const fresh: Member[] = []
    for (let number = first; number < first + count; number++) {
      const folder = join(this.#root, String(number))
      mkdirSync(folder)
      const parts = join(folder, '.ringdrop')
      const peer = new Peer({
        server,
        identity: await makeIdentity(),
        state: new StateStore(new FileValues(join(folder, 'state'))),
        shares: new StateStore(new FileValues(join(parts, 'state'))),
        storage: new DiskStorage(parts),
        isWilling: true,
      })
      const member = { number, folder, peer }
      this.#members.set(number, member)
      fresh.push(member)
    }
    const connect = async ({ peer }: Member) => {
      await peer.start()
      return peer.until(() => (peer.server.state === 'up' ? true : null), this.#signal, CONNECT_MS)
    }
    const connected = await this.#each(connect, AT_ONCE, fresh)
    return { connected: connected.filter((each) => each === true).length }
  }

  async #share({ number, folder, peer }: Member, fileBytes: number): Promise<CrowdShare> {
    const { path, sha } = makeFile(join(folder, 'own'), nameOf(number), fileBytes, number + 1)
    const made = await prepareShare([path], this.#silent, this.#signal)
    offerShare(peer, made, false)
    return { peer: number, infoHash: made.info.infoHash, sha }
  }

  async #settle(peer: Peer, timeoutMs: number): Promise<boolean> {
    const look = () => {
      const { systems } = peer.snapshot()
      const hasRole = systems.kazaa !== null && systems.kazaa.role !== 'orphan'
      const hasNeighbours = (systems.gnutella?.neighbours.length ?? 0) > 1 && (systems.ring?.size ?? 0) > 1
      return hasRole && hasNeighbours && systems.directory?.state === 'registered' ? true : null
    }
    return (await peer.until(look, this.#signal, timeoutMs)) === true
  }

  async #search({ peer: number, text, system }: Extract<CrowdRequest, { type: 'search' }>) {
    const { peer } = this.#member(number)
    const id = peer.search(text, [system])
    const look = () => {
      const view = peer.snapshot().searches.find((each) => each.id === id)
      return view?.answers[0]?.state === 'ended' ? view : null
    }
    const view = await peer.until(look, this.#signal, SEARCH_MS)
    const found: InfoHash[] = view?.hits.map(({ listing }) => listing.infoHash) ?? []
    return { found, messages: view?.answers[0]?.messages ?? 0, tookMs: view?.answers[0]?.tookMs ?? SEARCH_MS }
  }

  async #download(number: number, infoHash: InfoHash): Promise<string | null> {
    const { peer, folder } = this.#member(number)
    await openDownload(peer, infoHash, null, this.#signal)
    const info = await untilKnown(peer, infoHash, this.#signal, DOWNLOAD_MS)
    await startDownload(peer, info, folder)
    await untilWhole(peer, infoHash, this.#signal, DOWNLOAD_MS, () => undefined)
    const [path] = await finishDownload(peer, info, folder)
    return path === undefined ? null : createHash('sha256').update(readFileSync(path)).digest('hex')
  }

  #figures(): CrowdFigures {
    const { user, system } = process.cpuUsage()
    let [links, constructed, messages, superNodes] = [0, 0, 0, 0]
    for (const { peer } of this.#members.values()) {
      const snapshot = peer.snapshot()
      const { gnutella, kazaa, ring } = snapshot.systems
      links += snapshot.links.length
      constructed += peer.runtime.transport.constructedCount
      for (const each of [gnutella, kazaa, ring]) messages += each?.traffic.sentMessages ?? 0
      if (kazaa?.role === 'superNode') superNodes++
    }
    const status = readFileSync('/proc/self/status', 'utf8')
    const threads = Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1] ?? 0)
    const rssMiB = process.memoryUsage.rss() / (1024 * 1024)
    return { links, constructed, messages, superNodes, cpuSeconds: (user + system) / 1e6, rssMiB, threads }
  }

  #member(number: number): Member {
    const member = this.#members.get(number)
    if (member === undefined) throw new Error(`no peer ${String(number)} here`)
    return member
  }

  /** Calls for every peer, or for those given, some at a time. */
  async #each<Value>(
    call: (member: Member) => Promise<Value>,
    atOnce = AT_ONCE,
    members: Iterable<Member> = this.#members.values(),
  ): Promise<Value[]> {
    const waiting = [...members]
    const values: Value[] = []
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        values.push(await call(next))
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, work))
    return values
  }
}

const worker = new CrowdWorker()
process.on('message', ({ id, body }: Numbered<CrowdRequest>) => {
  void worker.answer(body).then((answer) => {
    process.send?.({ id, body: answer }, () => body.type === 'stop' && process.exit(0))
  })
})
