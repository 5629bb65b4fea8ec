import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { sanitizePaths } from '@ringdrop/shared/content/file-names.ts'
import type { HashTree } from '@ringdrop/shared/content/merkle.ts'
import { pieceLayer } from '@ringdrop/shared/content/merkle.ts'
import { exportTorrent, importTorrent } from '@ringdrop/shared/content/torrent-file.ts'
import type { Exchange } from '@ringdrop/shared/protocols/bittorrent/exchange.ts'
import { filesOf } from '@ringdrop/shared/node/snapshot.ts'
import type { SavedFile } from './api.ts'
import { fail, ok } from './answers.ts'
import type { NodeRuntime } from './node-runtime.ts'

/** Commands about what is in a share: its finished files, and its `.torrent`. */
export class FileCommands {
  constructor(readonly runtime: NodeRuntime) {}

  /** Finished files, backed by storage. */
  async blobs(infoHash: InfoHash, files: readonly number[] | null) {
    const exchange = this.#exchange(infoHash)
    const views = exchange === null ? [] : filesOf(exchange)
    const isWhole = (index: number) => views[index]?.verifiedBytes === views[index]?.sizeBytes
    const wanted =
      files ?? views.map((_, index) => index).filter((index) => views[index]?.isSelected === true)
    if (views.length === 0) return fail('unknownShare')
    if (wanted.length === 0 || !wanted.every(isWhole)) return fail('notFinished')
    const blobs = await this.runtime.blocks.blobs(infoHash, wanted)
    if (blobs === null) return fail('io')
    const name = exchange?.swarm?.info.isSingleFile === false ? [exchange.swarm.info.name] : []
    const paths = sanitizePaths(views.map((view) => [...name, ...view.path]))
    const saved: SavedFile[] = wanted.map((index, at) => ({
      path: paths[index] ?? [],
      file: blobs[at] ?? new Blob([]),
    }))
    return ok({ files: saved })
  }

  torrentFile(infoHash: InfoHash) {
    const swarm = this.#exchange(infoHash)?.swarm
    if (swarm === null || swarm === undefined) return fail('noMetadata')
    const layers = new Map()
    for (const file of swarm.info.files) {
      if (file.root === null || file.sizeBytes <= swarm.info.pieceBytes) continue
      const leaves = swarm.hashes.leavesOf(file.root)
      if (leaves === null) return fail('notFinished')
      layers.set(file.root, pieceLayer(leaves, swarm.geometry.blocksPerPiece))
    }
    const bytes = exportTorrent(swarm.info, layers)
    const [name] = sanitizePaths([[swarm.info.name]])
    return ok({
      name: `${name?.[0] ?? 'share'}.torrent`,
      file: new Blob([bytes], { type: 'application/x-bittorrent' }),
    })
  }

  async importTorrent(file: File) {
    const torrent = importTorrent(new Uint8Array(await file.arrayBuffer()))
    if (!torrent.ok) return fail('badTorrent')
    const { info } = torrent.value
    // What is shared or fetched already keeps its files.
    if (this.#exchange(info.infoHash)?.isStarted === true) return ok({ infoHash: info.infoHash })
    this.runtime.openFiles(info, null)
    const share = {
      info,
      trees: new Map<never, HashTree>(),
      start: 'offer',
      isSource: false,
      selection: null,
      isUnlisted: false,
    } as const
    this.runtime.feed({ type: 'addShare', share })
    return ok({ infoHash: info.infoHash })
  }

  #exchange(infoHash: InfoHash): Exchange | null {
    return this.runtime.node.shares.get(infoHash)?.exchange ?? null
  }
}
