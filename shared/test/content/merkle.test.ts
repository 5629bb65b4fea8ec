import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fileRootOf,
  HashTree,
  layerAbove,
  merkleRoot,
  pieceLayer,
  rootAbove,
  spanCount,
  spanLength,
  spanProof,
  spanProofLength,
  verifySpan,
  zeroHashAt,
} from '../../src/content/merkle.ts'
import { concatBytes, equalBytes } from '../../src/kernel/bytes.ts'
import { naiveNode, naiveRoot, nodeSha256, padded, sampleLeaves } from './naive-merkle.ts'

const SIZES = [1, 2, 3, 4, 5, 15, 16, 17, 31, 511, 512, 513, 1023, 1024, 1025, 1536, 2049, 3000]
const ALL_LEAVES = sampleLeaves(3000)

function share(count: number) {
  const list = ALL_LEAVES.slice(0, count)
  const leaves = concatBytes(list)
  return { list, leaves, root: fileRootOf(merkleRoot(leaves)) }
}
const hashesOf = (leaves: Uint8Array, span: number) => leaves.subarray(span * 512 * 32, (span + 1) * 512 * 32)

describe('hash trees', () => {
  it('pads with the hashes of zero leaves', () => {
    expect(zeroHashAt(0)).toEqual(new Uint8Array(32))
    expect(zeroHashAt(3)).toEqual(naiveNode([], 0, 8))
    expect(zeroHashAt(1)).toEqual(nodeSha256(new Uint8Array(64)))
  })

  it.each(SIZES)('has the root of the definition for %i leaves', (count) => {
    const { list, leaves } = share(count)
    expect(merkleRoot(leaves)).toEqual(naiveRoot(list))
  })

  it('has the root of the definition for any number of leaves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (count) => {
        const { list, leaves } = share(count)
        expect(merkleRoot(leaves)).toEqual(naiveRoot(list))
      }),
    )
  })

  it('has layers that meet in the root', () => {
    const { list, leaves } = share(37)
    expect(layerAbove(leaves, 0).length).toBe(19 * 32)
    for (const width of [1, 2, 16, 32]) {
      const layer = pieceLayer(leaves, width)
      const expected = Array.from({ length: Math.ceil(37 / width) }, (_, i) =>
        naiveNode(list, i * width, width),
      )
      expect(layer).toEqual(concatBytes(expected))
      expect(rootAbove(layer, Math.log2(width))).toEqual(merkleRoot(leaves))
    }
    // A file smaller than a piece: its one piece is padded beyond the file's own root.
    expect(pieceLayer(leaves, 128)).toEqual(naiveNode(list, 0, 128))
  })
})

describe('spans', () => {
  it.each(SIZES)('of a file of %i blocks are proven, with as many uncles as the tree is high', (count) => {
    const { list, leaves, root } = share(count)
    const levels = Math.max(0, Math.log2(padded(count)) - 9)
    expect(spanProofLength(count)).toBe(levels)
    for (let span = 0; span < spanCount(count); span++) {
      const hashes = hashesOf(leaves, span)
      expect(hashes.length).toBe(spanLength(count, span) * 32)
      const proof = spanProof(leaves, span)
      const expected = Array.from({ length: levels }, (_, height) => {
        const width = 512 * 2 ** height
        return naiveNode(list, (Math.floor(span / 2 ** height) ^ 1) * width, width)
      })
      expect(proof).toEqual(concatBytes(expected))
      expect(verifySpan(root, count, span, hashes, proof)).toBe(true)
    }
    expect(spanLength(count, spanCount(count))).toBe(0)
  })

  it('are refused after any flipped bit', () => {
    const proven = [5, 512, 513, 1400, 2500].map((count) => ({ count, ...share(count) }))
    fc.assert(
      fc.property(fc.constantFrom(...proven), fc.nat(), fc.nat(), ({ count, leaves, root }, pick, where) => {
        const span = pick % spanCount(count)
        const hashes = hashesOf(leaves, span).slice()
        const proof = spanProof(leaves, span)
        const bit = where % ((hashes.length + proof.length) * 8)
        const target = bit < hashes.length * 8 ? hashes : proof
        const at = bit < hashes.length * 8 ? bit : bit - hashes.length * 8
        target[at >>> 3] = (target[at >>> 3] ?? 0) ^ (1 << (at & 7))
        expect(verifySpan(root, count, span, hashes, proof)).toBe(false)
      }),
    )
  })

  it('are refused with a wrong span, count, root or length, and never throw', () => {
    const { leaves, root } = share(1400)
    const hashes = hashesOf(leaves, 1)
    const proof = spanProof(leaves, 1)
    const longer = concatBytes([proof, new Uint8Array(32)])
    expect(verifySpan(root, 1400, 1, hashes, proof)).toBe(true)
    for (const span of [0, 2, 3, -1, 0.5, NaN, Infinity, 2 ** 40]) {
      expect(verifySpan(root, 1400, span, hashes, proof)).toBe(false)
    }
    for (const count of [1024, 1023, 513, 2500, 0, -1, 1.5, NaN]) {
      expect(verifySpan(root, count, 1, hashes, proof)).toBe(false)
    }
    expect(verifySpan(share(1399).root, 1400, 1, hashes, proof)).toBe(false)
    for (const wrong of [longer, proof.subarray(32), proof.subarray(1), new Uint8Array()]) {
      expect(verifySpan(root, 1400, 1, hashes, wrong)).toBe(false)
    }
    for (const wrong of [hashes.subarray(32), hashes.subarray(1), longer, new Uint8Array()]) {
      expect(verifySpan(root, 1400, 1, wrong, proof)).toBe(false)
    }
  })

  it('cannot be passed off as another layer of the tree', () => {
    // The inner nodes of a large file are not the leaves of a small one.
    const { leaves, root } = share(1024)
    const inner = layerAbove(leaves, 0)
    expect(equalBytes(rootAbove(inner, 1), merkleRoot(leaves))).toBe(true)
    expect(verifySpan(root, 1024, 0, inner, new Uint8Array())).toBe(false)
  })
})

describe('HashTree', () => {
  it('made of leaves is complete and serves every span', () => {
    for (const count of [1, 511, 512, 513, 1025, 2049]) {
      const { leaves, root } = share(count)
      const tree = HashTree.fromLeaves(leaves)
      expect(tree.root).toBe(root)
      expect(tree.isComplete).toBe(true)
      expect(tree.leaves()).toEqual(leaves)
      for (let span = 0; span < spanCount(count); span++) {
        expect(tree.proof(span)).toEqual(spanProof(leaves, span))
        expect(tree.servable(span)).toEqual({
          hashes: hashesOf(leaves, span),
          proof: spanProof(leaves, span),
        })
      }
      expect(tree.leaf(count)).toBeNull()
      expect(tree.leaf(-1)).toBeNull()
    }
  })

  it('fills span by span from another tree in any order, and relays what it has', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }).chain((count) =>
          fc.record({
            count: fc.constant(count),
            order: fc.shuffledSubarray([...Array(spanCount(count)).keys()], { minLength: spanCount(count) }),
          }),
        ),
        ({ count, order }) => {
          const { leaves, root, list } = share(count)
          const seed = HashTree.fromLeaves(leaves)
          const relay = new HashTree(root, count)
          const last = new HashTree(root, count)
          for (const [done, span] of order.entries()) {
            expect(relay.isComplete).toBe(false)
            expect(relay.leaves()).toBeNull()
            expect(relay.proof(span)).toBeNull()
            expect(relay.servable(span)).toBeNull()
            expect(relay.leaf(span * 512)).toBeNull()
            const sent = seed.servable(span)
            if (sent === null) throw new Error('a seed serves every span')
            expect(relay.addSpan(span, sent.hashes, sent.proof)).toBe(true)
            expect(relay.hasSpan(span)).toBe(true)
            expect(relay.leaf(span * 512)).toEqual(list[span * 512])
            const relayed = relay.servable(span)
            expect(relayed !== null && last.addSpan(span, relayed.hashes, relayed.proof)).toBe(true)
            expect(relay.isComplete).toBe(done === order.length - 1)
          }
          expect(last.leaves()).toEqual(leaves)
        },
      ),
      { numRuns: 10 },
    )
  })

  it('takes nothing unproven, and keeps its own copy', () => {
    const { leaves, root, list } = share(600)
    const seed = HashTree.fromLeaves(leaves)
    // A Buffer's own slice() is no copy.
    const hashes = Buffer.from(hashesOf(leaves, 1))
    const proof = Buffer.from(spanProof(leaves, 1))
    const tree = new HashTree(root, 600)
    expect(tree.addSpan(0, hashes, proof)).toBe(false)
    expect(tree.addSpan(1, hashes, proof.subarray(32))).toBe(false)
    expect(tree.hasSpan(1)).toBe(false)
    expect(tree.addSpan(1, hashes, proof)).toBe(true)
    expect(tree.addSpan(1, hashes, proof)).toBe(true)
    hashes.fill(0)
    proof.fill(0)
    expect(tree.leaf(512)).toEqual(list[512])
    expect(tree.servable(1)).toEqual(seed.servable(1))
  })
})
