import { describe, expect, it } from 'vitest'
import type { InfoHash } from '../../src/kernel/ids.ts'
import { createRng } from '../../src/kernel/rng.ts'
import { HashTree } from '../../src/content/merkle.ts'
import { createInfo, DEFAULT_PIECE_BYTES } from '../../src/content/metainfo.ts'
import { sha256 } from '../../src/content/sha256.ts'
import { snapshotOf } from '../../src/node/snapshot.ts'
import { NodeWorld, type TestNode } from '../../sim/nodes/node-world.ts'
import type { AnnounceRequest } from '../../src/wire/signaling.ts'

const SIZE = 100_000

/** A share of files with different content. */
function folder(count: number) {
  const content = createRng(5).bytes(count * SIZE)
  const made = Array.from({ length: count }, (_, index) => {
    const bytes = content.subarray(index * SIZE, (index + 1) * SIZE)
    const leaves = new Uint8Array(Math.ceil(SIZE / 16_384) * 32)
    for (let at = 0; at < SIZE; at += 16_384)
      leaves.set(sha256(bytes.subarray(at, at + 16_384)), (at / 16_384) * 32)
    const tree = HashTree.fromLeaves(leaves)
    return {
      file: { path: [`${String(index).padStart(2, '0')}.bin`], sizeBytes: SIZE, root: tree.root },
      tree,
    }
  })
  const files = made.map(({ file }) => file)
  const info = createInfo({ name: 'folder', files, pieceBytes: DEFAULT_PIECE_BYTES })
  if (!info.ok) throw new Error(info.code)
  return { info: info.value, content, trees: new Map(made.map(({ tree }) => [tree.root, tree])) }
}

/** A source of all files, and somebody who wants the first alone and has it. */
function start(fileCount = 2) {
  const world = new NodeWorld()
  const share = folder(fileCount)
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

describe('who wants nothing more of a share', () => {
  const partners = ({ node }: TestNode, infoHash: InfoHash): number =>
    node.shares.get(infoHash)?.exchange.links.size ?? 0

  /** Beside those of `start`, somebody else who wants the first file alone, and has it. */
  function startThree() {
    const three = start()
    const { world, infoHash } = three
    const choosy = world.add('choosy')
    world.feed(choosy, { type: 'openLink', infoHash })
    world.feed(choosy, { type: 'command', infoHash, command: { type: 'download', files: [0] } })
    world.until(() => choosy.stateOf(infoHash) === 'seeding')
    return { ...three, choosy }
  }

  it('is soon left by others who want nothing, full copies or not', () => {
    const { world, infoHash, source, picky, choosy } = startThree()
    world.pass(15_000)
    expect([source, picky, choosy].map((node) => partners(node, infoHash))).toEqual([0, 0, 0])
  })

  it('comes back to those who left it once it wants more', () => {
    const { world, infoHash, source, picky, choosy } = startThree()
    world.pass(15_000)
    world.feed(picky, { type: 'command', infoHash, command: { type: 'select', files: [0, 1] } })
    world.pass(1_000)
    expect(picky.stateOf(infoHash)).toBe('seeding')
    expect(snapshotOf(picky.node, world.now).shares[0]?.missingBytes).toBe(0)
    world.pass(15_000)
    // And one who has it all now gives to the next one too.
    world.feed(source, { type: 'removeShare', infoHash })
    world.feed(choosy, { type: 'command', infoHash, command: { type: 'select', files: [0, 1] } })
    world.pass(1_000)
    expect(snapshotOf(choosy.node, world.now).shares[0]?.missingBytes).toBe(0)
  })

  it('may choose file after file without being taken for one who comes and goes', () => {
    const { world, infoHash, source, picky } = start(40)
    for (let file = 1; file < 40; file++) {
      world.feed(picky, { type: 'command', infoHash, command: { type: 'select', files: [0, file] } })
      world.until(() => picky.stateOf(infoHash) === 'seeding')
      world.pass(500)
    }
    for (const { effects } of [source, picky])
      expect(effects.filter(({ type }) => type === 'violation')).toEqual([])
  })
})
