import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { PublishedDigest } from '../../../src/discovery/digest.ts'
import { defined } from '../../../src/kernel/invariant.ts'
import { parseNonce } from '../../../src/kernel/ids.ts'
import { LIMITS } from '../../../src/kernel/limits.ts'
import { TokenBucket } from '../../../src/kernel/token-bucket.ts'
import {
  DirectoryClient,
  type DirectoryClientEffect,
  type DirectoryClientInput,
} from '../../../src/protocols/directory/client.ts'
import { FILES_PER_PEER } from '../../../src/protocols/directory/constants.ts'
import { DirectoryServer } from '../../../src/protocols/directory/server.ts'
import type { DirectorySearchResponse, DirectoryUpdateResponse } from '../../../src/wire/signaling.ts'
import { infoHashOf, listingOf, peerOf } from '../../discovery/listings.ts'

const id = defined(parseNonce('ab'.repeat(16)), 'id')
const [ann, eve] = [peerOf(1), peerOf(2)]
const UP = { type: 'serverUp', roles: ['directory'] } as const

/** A client and a server; answers come at once unless they are lost. */
class Duo {
  readonly client = new DirectoryClient()
  server = new DirectoryServer()
  now = 0
  isLosing = false
  /** As the server's limit on updates. */
  bucket = new TokenBucket(Infinity, Infinity, 0)
  readonly effects: DirectoryClientEffect[] = []

  feed(input: DirectoryClientInput): void {
    for (const effect of this.client.handle(input, this.now)) this.#apply(effect)
  }

  wake(): void {
    this.now = this.client.wakeAt()
    this.feed({ type: 'wake' })
  }

  /** Lets retries happen. */
  settle(): void {
    while (this.client.wakeAt() !== Infinity) this.wake()
  }

  restartServer(): void {
    this.feed({ type: 'serverDown' })
    this.server = new DirectoryServer()
    this.feed(UP)
  }

  #apply(effect: DirectoryClientEffect): void {
    this.effects.push(effect)
    if (effect.type === 'update') {
      const input = { from: ann, address: null, request: effect.request }
      const request = { type: 'update', ...input, replyTo: 1 } as const
      if (!this.bucket.take(1, this.now)) {
        this.feed({ type: 'updateResult', response: { ok: false, code: 'rateLimited' } })
        return
      }
      const response = this.server.handle(request)[0]?.response as DirectoryUpdateResponse
      this.feed({
        type: 'updateResult',
        response: this.isLosing ? { ok: false, code: 'noAnswer' } : response,
      })
    }
    if (effect.type === 'ask') {
      const request = { type: 'search', from: eve, request: effect.request, replyTo: 1 } as const
      const response = this.server.handle(request)[0]?.response as DirectorySearchResponse
      if (!this.isLosing) this.feed({ type: 'searchResult', id: effect.id, response })
    }
  }
}

describe('the directory client', () => {
  it('registers what was published before the server was there, in parts', () => {
    const duo = new Duo()
    const listings = Array.from({ length: 130 }, (_, n) => listingOf(`file ${String(n)}`, n + 1, 1))
    duo.feed({ type: 'publish', infoHash: infoHashOf(1), listings })
    expect(duo.effects).toEqual([])
    duo.feed(UP)
    expect([duo.client.state, duo.server.sizes.files]).toEqual(['registered', 130])
    expect(duo.effects.filter(({ type }) => type === 'update')).toHaveLength(3)
  })

  it.each([
    ['many shares', 100, 50],
    ['one large share', 1, FILES_PER_PEER],
    ['shares without files', 500, 0],
    ['long names', 10, 100, 'ä'.repeat(250)],
  ])('registers %s with a server that takes five updates a second', (_what, shares, files, name = 'f') => {
    const duo = new Duo()
    duo.bucket = new TokenBucket(5, 20, 0)
    for (let share = 1; share <= shares; share++) {
      const listings = Array.from({ length: files }, (_, n) =>
        listingOf(`${name} ${String(n)}`, n + 1, share),
      )
      duo.feed({ type: 'publish', infoHash: infoHashOf(share), listings })
    }
    duo.feed(UP)
    for (let wakes = 0; wakes < 100 && duo.client.wakeAt() !== Infinity; wakes++) duo.wake()
    expect([duo.client.state, duo.server.sizes.files]).toEqual(['registered', shares * files])
    expect(duo.now).toBeLessThan(20_000)
    const updates = duo.effects.flatMap((each) => (each.type === 'update' ? [each.request] : []))
    expect(updates.filter(({ reset }) => reset)).toHaveLength(1)
    for (const each of updates) expect(JSON.stringify(each).length).toBeLessThan(LIMITS.socketMessageBytes)
  })

  it('hashes a file that it shares once, however many shares and connections there are', () => {
    const hashed = vi.spyOn(PublishedDigest.prototype, 'toggle')
    onTestFinished(() => hashed.mockRestore())
    const duo = new Duo()
    duo.server = { handle: () => [] } as unknown as DirectoryServer
    duo.isLosing = true
    duo.feed(UP)
    for (let share = 1; share <= 20; share++)
      duo.feed({ type: 'publish', infoHash: infoHashOf(share), listings: [listingOf('a', 1, share)] })
    for (let times = 0; times < 3; times++) {
      duo.feed({ type: 'serverDown' })
      duo.feed(UP)
    }
    expect(hashed).toHaveBeenCalledTimes(20)
  })

  it('registers again after the server was restarted', () => {
    const duo = new Duo()
    duo.feed(UP)
    duo.feed({ type: 'publish', infoHash: infoHashOf(1), listings: [listingOf('a', 1)] })
    duo.restartServer()
    expect([duo.client.state, duo.server.sizes]).toEqual(['registered', { files: 1, peers: 1 }])
  })

  it('starts anew when the server holds something else than it should', () => {
    const duo = new Duo()
    duo.feed(UP)
    duo.feed({ type: 'publish', infoHash: infoHashOf(1), listings: [listingOf('a', 1)] })
    duo.server = new DirectoryServer()
    duo.feed({ type: 'publish', infoHash: infoHashOf(2), listings: [listingOf('b', 2)] })
    expect(duo.client.state).toBe('registering')
    duo.settle()
    expect([duo.client.state, duo.server.sizes.files]).toEqual(['registered', 2])
  })

  it('says that there is no directory, and asks nothing', () => {
    const duo = new Duo()
    duo.feed({ type: 'serverUp', roles: ['tracker'] })
    duo.feed({ type: 'publish', infoHash: infoHashOf(1), listings: [] })
    duo.feed({ type: 'search', id, criteria: { by: 'words', words: ['a'] }, limit: 10 })
    expect(duo.client.state).toBe('roleOff')
    expect(duo.effects).toEqual([{ type: 'searchEnded', id, because: 'noNeighbours' }])
  })

  it('says that the directory is full rather than listing part of a share', () => {
    const duo = new Duo()
    duo.feed(UP)
    const many = Array.from({ length: FILES_PER_PEER + 1 }, (_, n) => listingOf(`${String(n)}`, n + 1, 1))
    duo.feed({ type: 'publish', infoHash: infoHashOf(1), listings: many })
    expect([duo.client.state, duo.server.sizes.files]).toEqual(['full', 0])
    duo.feed({ type: 'withdraw', infoHash: infoHashOf(1) })
    duo.feed({ type: 'publish', infoHash: infoHashOf(2), listings: [listingOf('small', 1, 2)] })
    duo.settle()
    expect([duo.client.state, duo.server.sizes.files]).toEqual(['registered', 1])
  })

  it('takes a large share again that was withdrawn before, or another in its place', () => {
    const duo = new Duo()
    duo.feed(UP)
    const half = Math.ceil(FILES_PER_PEER / 2) + 1
    for (const [round, share] of [1, 1, 2].entries()) {
      const files = Array.from({ length: half }, (_, n) => listingOf(`${String(n)}`, n + 1, share))
      duo.feed({ type: 'publish', infoHash: infoHashOf(share), listings: files })
      duo.settle()
      expect([round, duo.client.state, duo.server.sizes.files]).toEqual([round, 'registered', half])
      duo.feed({ type: 'withdraw', infoHash: infoHashOf(share) })
    }
  })

  it('keeps a search that is asked while the socket still connects, and gives it up soon without a server', () => {
    const search = { type: 'search', id, criteria: { by: 'words', words: ['found'] }, limit: 10 } as const
    const outcome = (then: (duo: Duo) => void) => {
      const duo = new Duo()
      duo.feed(search)
      expect(duo.effects).toEqual([])
      then(duo)
      const kinds = duo.effects.filter(({ type }) => type !== 'update')
      return [...kinds.map((each) => ('because' in each ? each.because : each.type)), duo.client.wakeAt()]
    }
    expect(outcome((duo) => duo.feed(UP))).toEqual(['ask', 'searchCost', 'complete', Infinity])
    expect(outcome((duo) => duo.feed({ type: 'serverUp', roles: [] }))).toEqual(['noNeighbours', Infinity])
    expect(outcome((duo) => duo.feed({ type: 'serverDown' }))).toEqual(['noNeighbours', Infinity])
    expect(outcome((duo) => duo.settle())).toEqual(['noNeighbours', Infinity])
    expect(outcome((duo) => duo.feed({ type: 'cancelSearch', id }))).toEqual([Infinity])
  })

  it('answers a search, gives one up that is not answered, and ends one whose server died', () => {
    const duo = new Duo()
    duo.feed(UP)
    duo.feed({ type: 'publish', infoHash: infoHashOf(1), listings: [listingOf('found.txt', 1)] })
    duo.effects.length = 0
    const search = { type: 'search', id, criteria: { by: 'words', words: ['found'] }, limit: 10 } as const
    duo.feed(search)
    expect(duo.effects.map(({ type }) => type)).toEqual(['ask', 'searchCost', 'hits', 'searchEnded'])
    duo.isLosing = true
    duo.feed(search)
    duo.settle()
    expect(duo.effects.at(-1)).toEqual({ type: 'searchEnded', id, because: 'deadline' })
    duo.feed(search)
    duo.feed({ type: 'serverDown' })
    expect(duo.effects.at(-1)).toEqual({ type: 'searchEnded', id, because: 'failed' })
  })

  it('agrees with the server after any history of losses, restarts and changes', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('publish' as const), share: fc.nat(5), files: fc.nat(70) }),
      fc.record({ op: fc.constant('withdraw' as const), share: fc.nat(5), files: fc.constant(0) }),
      fc.record({
        op: fc.constantFrom('lose' as const, 'heal' as const, 'restart' as const, 'pass' as const),
        share: fc.constant(0),
        files: fc.constant(0),
      }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const duo = new Duo()
        const expected = new Map<number, number>()
        duo.feed(UP)
        for (const { op, share, files } of steps) {
          const infoHash = infoHashOf(share)
          const listings = Array.from({ length: files }, (_, n) => listingOf(`f${String(n)}`, n + 1, share))
          if (op === 'publish') duo.feed({ type: 'publish', infoHash, listings })
          if (op === 'publish') expected.set(share, files)
          if (op === 'withdraw') duo.feed({ type: 'withdraw', infoHash })
          if (op === 'withdraw') expected.delete(share)
          if (op === 'restart') duo.restartServer()
          if (op === 'pass') {
            duo.now += 1_000
            duo.feed({ type: 'wake' })
          }
          if (op === 'lose' || op === 'heal') duo.isLosing = op === 'lose'
        }
        duo.isLosing = false
        duo.settle()
        expect(duo.client.state).toBe('registered')
        expect(duo.server.sizes.files).toBe([...expected.values()].reduce((sum, files) => sum + files, 0))
      }),
    )
  })
})
