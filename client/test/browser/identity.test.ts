import { defined } from '@ringdrop/shared/kernel/invariant.ts'
import { createStore, get, set } from 'idb-keyval'
import { describe, expect, it } from 'vitest'
import { toHex } from '@ringdrop/shared/kernel/bytes.ts'
import { parsePeerId, type FileRoot, type InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { loadIdentity, verifySignature } from '../../src/adapters/identity.ts'
import { idbValues } from '../../src/adapters/idb-values.ts'
import { StateStore } from '../../src/adapters/state-store.ts'

const fresh = () => `test-${crypto.randomUUID()}`
const infoHash = 'a'.repeat(64) as InfoHash
const share = {
  infoHash,
  infoBytes: new Uint8Array([1, 2]),
  isSource: false,
  isPaused: false,
  isUnlisted: false,
  selection: null,
  priorities: null,
  addedAt: 1,
  handles: null,
}
const span = {
  root: 'b'.repeat(64) as FileRoot,
  span: 0,
  hashes: new Uint8Array(32),
  proof: new Uint8Array(),
}

describe('the identity', () => {
  it('is made once and found again, with a private key that nobody can read', async () => {
    const name = fresh()
    const first = await loadIdentity(new StateStore(idbValues(name)))
    const again = await loadIdentity(new StateStore(idbValues(name)))
    expect(again.peerId).toBe(first.peerId)
    const { privateKey } = (await get('identity', createStore(name, 'state'))) as { privateKey: CryptoKey }
    expect(privateKey.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('pkcs8', privateKey)).rejects.toThrow()
  })

  it('signs what only its public key verifies', async () => {
    const [mine, other] = await Promise.all([
      loadIdentity(new StateStore(idbValues(fresh()))),
      loadIdentity(new StateStore(idbValues(fresh()))),
    ])
    const signature = await mine.sign('hello')
    expect(await verifySignature(mine.publicKey, 'hello', signature)).toBe(true)
    expect(await verifySignature(mine.publicKey, 'hello!', signature)).toBe(false)
    expect(await verifySignature(other.publicKey, 'hello', signature)).toBe(false)
    expect(await verifySignature(`04${'0'.repeat(128)}`, 'hello', signature)).toBe(false)
    expect(await verifySignature('', 'hello', '')).toBe(false)
  })

  it('is made anew when what was stored is not an identity', async () => {
    const name = fresh()
    await set('identity', { privateKey: 'stolen', publicKey: '04' }, createStore(name, 'state'))
    const identity = await loadIdentity(new StateStore(idbValues(name)))
    expect(toHex(new Uint8Array())).toBe('')
    expect(identity.peerId).toHaveLength(64)
  })
})

describe('the state store', () => {
  it('gives shares back with their spans, and forgets them whole', async () => {
    const store = new StateStore(idbValues(fresh()))
    await store.saveShare(share)
    await Promise.all([0, 1, 2].map((index) => store.saveSpan(infoHash, { ...span, span: index })))
    const [found] = await store.shares()
    expect(found?.share).toEqual(share)
    expect(found?.spans).toHaveLength(3)
    await store.updateShare(infoHash, { isPaused: true })
    expect((await store.shares())[0]?.share.isPaused).toBe(true)
    await store.removeShare(infoHash)
    expect(await store.shares()).toEqual([])
  })

  it('drops entries that are not what they should be', async () => {
    const name = fresh()
    const store = new StateStore(idbValues(name))
    await store.saveShare(share)
    const raw = createStore(name, 'state')
    await set('share:junk', { infoHash: '../etc' }, raw)
    await set(`span:${infoHash}:x:0`, { hashes: 'no' }, raw)
    await set('limits', { uploadRate: -5 }, raw)
    expect(await store.shares()).toEqual([{ share, spans: [] }])
    expect(await store.limits()).toEqual({ uploadRate: null, downloadRate: null })
  })

  it.each([
    ['nothing', undefined, undefined, undefined],
    ['text', 'garbage', 'garbage', 'garbage'],
    ['odd shapes', { peers: 'no', records: [1, 2] }, { length: 3 }, { systems: 7, answeredBy: 'everybody' }],
    ['forged ids', { peers: ['../etc'], records: [] }, ['me'], { systems: { ring: 'yes' } }],
    [
      'too much',
      { peers: Array(501).fill('a'.repeat(64)), records: [] },
      Array(501).fill('b'.repeat(64)),
      null,
    ],
  ])('begins anew when the memory of the overlays is %s', async (_, ring, hostCache, settings) => {
    const name = fresh()
    const raw = createStore(name, 'state')
    await set('ring', ring, raw)
    await set('hostCache', hostCache, raw)
    await set('settings', settings, raw)
    const store = new StateStore(idbValues(name))
    expect(await store.overlays()).toEqual({ peers: [], hostCache: [], records: [] })
    const { systems, answeredBy } = await store.settings()
    expect(answeredBy).toBe('directory')
    expect(Object.values(systems)).toEqual([true, true, true, true])
  })

  it('keeps what the overlays want to be remembered', async () => {
    const store = new StateStore(idbValues(fresh()))
    const peers = [defined(parsePeerId('ab'.repeat(32)), 'peer')]
    await store.saveRing({ peers, records: [new Uint8Array([1, 2, 3])] })
    await store.saveHostCache(peers)
    expect(await store.overlays()).toEqual({ peers, hostCache: peers, records: [new Uint8Array([1, 2, 3])] })
  })
})
