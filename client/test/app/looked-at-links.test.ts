import { afterEach, expect, it, vi } from 'vitest'
import { parseInfoHash, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { forgetOldLinks, LOOKED_AT_LINKS, SHOWN_LOCK } from '../../src/app/looked-at-links.ts'
import { makeRuntime, makeShare } from './test-runtime.ts'

afterEach(() => vi.unstubAllGlobals())

const linkAt = (index: number) => parseInfoHash((index + 1).toString(16).padStart(64, '0')) as InfoHash

/** Looks at links one after the other, in a browser whose pages show some of them, beside a share of one's own. */
async function lookAt(count: number, shown: readonly InfoHash[] | null = []) {
  const query = async () => ({ held: shown?.map((infoHash) => ({ name: SHOWN_LOCK + infoHash })) })
  vi.stubGlobal('navigator', { locks: { query } })
  const { runtime, commands } = makeRuntime()
  const { info, trees } = makeShare('album', ['a.txt'])
  const own = { info, trees, start: 'source', isSource: true, selection: null, isUnlisted: false } as const
  runtime.feed({ type: 'addShare', share: own })
  for (let index = 0; index < count; index++) {
    runtime.feed({ type: 'openLink', infoHash: linkAt(index) })
    await forgetOldLinks(runtime, linkAt(index))
  }
  const kept = [...runtime.node.shares.entries()].map(([infoHash]) => infoHash)
  runtime.stop()
  const removed = commands.flatMap((each) => (each.type === 'remove' ? [each.infoHash] : []))
  expect(kept[0]).toBe(info.infoHash)
  return { kept: kept.slice(1), removed }
}

it('of links that were only looked at, the newest stay', async () => {
  const { kept, removed } = await lookAt(LOOKED_AT_LINKS + 3)
  expect(removed).toEqual([0, 1, 2].map(linkAt))
  expect(kept).toEqual(Array.from({ length: LOOKED_AT_LINKS }, (_, index) => linkAt(index + 3)))
})

it('those that a page shows stay, however old', async () => {
  const { kept, removed } = await lookAt(LOOKED_AT_LINKS + 3, [linkAt(1)])
  expect(removed).not.toContain(linkAt(1))
  expect(kept).toContain(linkAt(1))
})

it('none goes where it can’t be known what is shown', async () => {
  expect((await lookAt(LOOKED_AT_LINKS + 3, null)).removed).toEqual([])
})
