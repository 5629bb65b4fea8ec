import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AppCommand, AppPhase, NodeClient } from '../../src/app/api.ts'
import { appSnapshot } from '../ui/views.ts'
import { MemoryValues } from './test-runtime.ts'

/** Nodes that were started, in this order. */
const nodes: FakeNode[] = []

/** How the next nodes start. */
let starting: () => Promise<void>

/** In place of a whole node: it starts, and breaks when it is told to. */
class FakeNode {
  readonly faulted: Promise<void>
  readonly heard: AppCommand[] = []
  isStopped = false
  #phase: AppPhase = { name: 'owner' }
  #break: () => void = () => undefined

  constructor() {
    this.faulted = new Promise((resolve) => (this.#break = resolve))
    nodes.push(this)
  }

  start = () => starting()
  stop = () => (this.isStopped = true)
  onChange = () => () => undefined
  snapshot = () => appSnapshot([], { phase: this.#phase })
  untilShared = () => new Promise(() => undefined)
  run = (command: AppCommand) => {
    this.heard.push(command)
    return Promise.resolve({ ok: true, value: null })
  }

  fail(): void {
    this.#phase = { name: 'failed', because: 'fault', detail: 'an invariant' }
    this.#break()
  }
}

/** One lock, for one after the other. */
class OneLock {
  #last: Promise<unknown> = Promise.resolve()
  #heldCount = 0

  async request(_: string, ...rest: readonly unknown[]): Promise<unknown> {
    const run = rest.at(-1) as (lock: object | null) => Promise<unknown>
    if (rest.length > 1 && this.#heldCount > 0) return run(null)
    this.#heldCount++
    const mine = this.#last.then(() => run({}))
    this.#last = mine.catch(() => undefined).then(() => this.#heldCount--)
    return mine
  }
}

async function openTab(): Promise<NodeClient> {
  const { createNodeClient } = await import('../../src/app/tabs.ts')
  return createNodeClient()
}

function browser(locks: Pick<OneLock, 'request'>): void {
  vi.stubGlobal('navigator', { locks })
}

beforeEach(() => {
  starting = () => Promise.resolve()
  vi.doMock('../../src/app/local-client.ts', () => ({ LocalClient: FakeNode }))
  vi.doMock('../../src/adapters/idb-values.ts', () => ({ idbValues: () => new MemoryValues() }))
  vi.doMock('../../src/adapters/identity.ts', () => ({ loadIdentity: () => Promise.resolve({}) }))
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('RTCPeerConnection', () => undefined)
  vi.stubGlobal('indexedDB', {})
  vi.stubGlobal('document', new EventTarget())
})

afterEach(() => {
  nodes.length = 0
  vi.doUnmock('../../src/app/local-client.ts')
  vi.doUnmock('../../src/adapters/idb-values.ts')
  vi.doUnmock('../../src/adapters/identity.ts')
  vi.unstubAllGlobals()
  vi.resetModules()
})

it('when the node breaks, the next tab takes over, and the first says what happened', async () => {
  browser(new OneLock())
  const first = await openTab()
  await expect.poll(() => first.snapshot().phase.name).toBe('owner')
  const second = await openTab()
  await expect.poll(() => second.snapshot().phase.name).toBe('follower')
  await expect.poll(() => second.snapshot().node).not.toBeNull()
  nodes[0]?.fail()
  await expect.poll(() => second.snapshot().phase.name).toBe('owner')
  expect(first.snapshot().phase).toMatchObject({ name: 'failed', because: 'fault' })
  expect(nodes.map(({ isStopped }) => isStopped)).toEqual([true, false])
  await second.run({ type: 'open', text: 'a link' })
  expect(nodes.map(({ heard }) => heard.length)).toEqual([0, 1])
})

it('where the browser gives no lock, that is said: nothing would ever start', async () => {
  browser({ request: () => Promise.reject(new DOMException('not here', 'SecurityError')) })
  const tab = await openTab()
  const answer = tab.run({ type: 'open', text: 'a link' })
  await expect.poll(() => tab.snapshot().phase).toMatchObject({ name: 'failed', because: 'noStorage' })
  expect(await answer).toEqual({ ok: false, code: 'ownerGone' })
})

it('a node whose start fails half way is stopped, and the next tab may try', async () => {
  browser(new OneLock())
  starting = () => Promise.reject(new DOMException('gone', 'UnknownError'))
  const first = await openTab()
  await expect.poll(() => first.snapshot().phase).toMatchObject({ name: 'failed', because: 'noStorage' })
  expect(nodes.map(({ isStopped }) => isStopped)).toEqual([true])
  starting = () => Promise.resolve()
  const second = await openTab()
  await expect.poll(() => second.snapshot().phase.name).toBe('owner')
})
