import { afterEach, expect, it, vi } from 'vitest'
import { snapshotOf } from '@ringdrop/shared/node/snapshot.ts'
import type { AppSnapshot } from '../../src/app/api.ts'
import { describeDiagnostics } from '../../src/app/diagnostics.ts'
import type { NodeRuntime } from '../../src/app/node-runtime.ts'
import { makeRuntime, makeShare } from './test-runtime.ts'

afterEach(() => vi.unstubAllGlobals())

it('the report holds no name, and of no share the whole infohash, be it lost or shared', async () => {
  vi.stubGlobal('navigator', { userAgent: 'a browser' })
  const { runtime } = makeRuntime()
  const share = makeShare('secret album', ['private.txt'])
  const lost = makeShare('gone album', ['gone.txt']).info.infoHash
  const { infoHash } = share.info
  runtime.feed({
    type: 'addShare',
    share: {
      info: share.info,
      trees: share.trees,
      start: 'source',
      isSource: true,
      selection: null,
      isUnlisted: true,
    },
  })
  const snapshot = {
    phase: { name: 'owner' },
    node: snapshotOf(runtime.node, Date.now()),
    storage: { lost: [lost] },
  } as unknown as AppSnapshot
  const transport = { paths: () => Promise.resolve(new Map()), constructedCount: 0 }
  const { node, violations } = runtime
  const report = await describeDiagnostics(snapshot, {
    transport,
    node,
    violations,
  } as unknown as NodeRuntime)

  expect(snapshot.node?.shares.map((each) => each.infoHash)).toEqual([infoHash])
  for (const hash of [infoHash, lost]) {
    expect(report).toContain(hash.slice(0, 8))
    expect(report).not.toContain(hash.slice(0, 9))
  }
  expect(report).not.toMatch(/secret album|private\.txt/)
})
