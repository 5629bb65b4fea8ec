import { expect, it } from 'vitest'
import { createRng } from '../../src/kernel/rng.ts'
import { HashTree } from '../../src/content/merkle.ts'
import { createInfo, DEFAULT_PIECE_BYTES } from '../../src/content/metainfo.ts'
import { sha256 } from '../../src/content/sha256.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'
import type { AnnounceRequest } from '../../src/wire/signaling.ts'

const SIZE = 100_000

/** A share of two files with different content. */
function folder() {
  const content = createRng(5).bytes(2 * SIZE)
  const made = ['a.bin', 'b.bin'].map((name, index) => {
    const bytes = content.subarray(index * SIZE, (index + 1) * SIZE)
    const leaves = new Uint8Array(Math.ceil(SIZE / 16_384) * 32)
    for (let at = 0; at < SIZE; at += 16_384)
      leaves.set(sha256(bytes.subarray(at, at + 16_384)), (at / 16_384) * 32)
    const tree = HashTree.fromLeaves(leaves)
    return { file: { path: [name], sizeBytes: SIZE, root: tree.root }, tree }
  })
  const files = made.map(({ file }) => file)
  const info = createInfo({ name: 'folder', files, pieceBytes: DEFAULT_PIECE_BYTES })
  if (!info.ok) throw new Error(info.code)
  return { info: info.value, content, trees: new Map(made.map(({ tree }) => [tree.root, tree])) }
}

/** A source of both files, and somebody who wants the first alone and has it. */
function start() {
  const world = new NodeWorld()
  const share = folder()
  const { info, content, trees } = share
  const { infoHash } = info
  const [source, picky] = [world.add('source'), world.add('picky')]
  source.stored.set(infoHash, content)
  const own = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted: false } as const
  world.feed(source, { type: 'addShare', share: own })
  world.feed(picky, { type: 'openLink', infoHash })
  world.feed(picky, { type: 'command', infoHash, command: { type: 'download', files: [0] } })
  world.until(() => picky.stateOf(infoHash) === 'seeding')
  return { world, infoHash, source, picky }
}

const seedersAt = ({ node }: TestNode, world: NodeWorld): number | null | undefined =>
  snapshotOf(node, world.now).shares[0]?.tracker.seeders

function announces(node: TestNode): AnnounceRequest[] {
  return node.effects.flatMap((effect) => (effect.type === 'serverAnnounce' ? [effect.request] : []))
}

it('who has some of the files is no full source, and is named nobody', () => {
  const { world, infoHash, source, picky } = start()
  world.pass(60_000)
  expect(announces(picky).at(-1)).toMatchObject({ event: 'update', left: SIZE, numWant: 0 })
  expect(announces(picky).filter(({ event }) => event === 'completed')).toEqual([])
  expect(seedersAt(source, world)).toBe(0)
  expect(seedersAt(picky, world)).toBe(1)
  expect(snapshotOf(picky.node, world.now).shares[0]).toMatchObject({ missingBytes: SIZE, wantedBytes: SIZE })
  // The other file too, after all.
  world.feed(picky, { type: 'command', infoHash, command: { type: 'select', files: [0, 1] } })
  world.until(() => picky.stateOf(infoHash) === 'seeding')
  world.pass(60_000)
  expect(announces(picky).map(({ event, left }) => [event, left])).toContainEqual(['completed', 0])
  expect(seedersAt(source, world)).toBe(1)
})

it('who has everything and gives nothing, since it is paused or its files are gone, is no full source', () => {
  const { world, infoHash, source, picky } = start()
  world.pass(60_000)
  world.feed(source, { type: 'command', infoHash, command: { type: 'pause' } })
  world.pass(60_000)
  expect(seedersAt(picky, world)).toBe(0)
  world.feed(source, { type: 'command', infoHash, command: { type: 'resume' } })
  world.pass(60_000)
  expect(seedersAt(picky, world)).toBe(1)
  // A download completed is something else.
  expect(announces(source).filter(({ event }) => event === 'completed')).toEqual([])
  const failed = { type: 'readFailed', to: picky.key.peerId, block: 0 } as const
  world.feed(source, { type: 'storeResults', infoHash, results: [failed] })
  expect(source.stateOf(infoHash)).toBe('failed')
  world.pass(60_000)
  expect(seedersAt(picky, world)).toBe(0)
})
