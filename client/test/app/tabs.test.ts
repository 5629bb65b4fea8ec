import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fail, ok } from '../../src/app/answers.ts'
import type { AppCommand, AppSnapshot, MissingSource, PickedFile } from '../../src/app/api.ts'
import { RemoteClient, serveTabs, type Owner } from '../../src/app/remote-client.ts'
import { INFO_HASH, appSnapshot } from '../ui/views.ts'
import { makeRuntime } from './test-runtime.ts'

/** Between tabs of one test. Node's own channel can't carry files. */
class MemoryChannel {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null
  #isOpen = true

  constructor(readonly name: string) {
    channels.push(this)
  }

  postMessage(data: unknown): void {
    if (!this.#isOpen) throw new DOMException('closed', 'InvalidStateError')
    const others = channels.filter((each) => each !== this && each.name === this.name)
    for (const other of others) queueMicrotask(() => other.#hear(data))
  }

  close(): void {
    this.#isOpen = false
  }

  #hear(data: unknown): void {
    if (this.#isOpen) this.onmessage?.({ data })
  }
}

const channels: MemoryChannel[] = []
const follower: { client: RemoteClient | null } = { client: null }
const files: readonly PickedFile[] = [{ file: new File(['abc'], 'film.mp4'), path: ['film.mp4'] }]
const share = { type: 'share', files, isUnlisted: false, sendTo: null } as const
const missing: MissingSource = {
  infoHash: INFO_HASH,
  name: 'film.mp4',
  fileCount: 1,
  totalBytes: 3,
  needs: 'files',
}

beforeEach(() => {
  vi.stubGlobal('BroadcastChannel', MemoryChannel)
  vi.stubGlobal('document', new EventTarget())
})

afterEach(() => {
  follower.client?.handOver(null)
  for (const channel of channels.splice(0)) channel.close()
  vi.unstubAllGlobals()
})

/** A tab that runs the node, answers as told, and never finishes a share by itself. */
class OwningTab implements Owner {
  readonly heard: AppCommand[] = []
  readonly #session = crypto.randomUUID()
  readonly #ended: ((infoHash: typeof INFO_HASH | null) => void)[] = []
  /** A tab that was closed says nothing any more and hears nothing. */
  #channel: MemoryChannel | undefined

  constructor(
    readonly mode: 'answers' | 'deaf',
    public missingSources: readonly MissingSource[] = [],
  ) {}

  serve(): this {
    serveTabs(this)
    this.#channel = channels.at(-1)
    return this
  }

  close(): void {
    this.#channel?.close()
  }

  /** All shares that were begun here have come to this. */
  end(infoHash: typeof INFO_HASH | null): void {
    for (const resolve of this.#ended.splice(0)) resolve(infoHash)
  }

  snapshot(): AppSnapshot {
    return appSnapshot([], { session: this.#session, missingSources: this.missingSources })
  }

  onChange(): () => void {
    return () => undefined
  }

  untilShared(): Promise<typeof INFO_HASH | null> {
    return new Promise((resolve) => this.#ended.push(resolve))
  }

  run(command: AppCommand): Promise<never> {
    this.heard.push(command)
    const value = command.type === 'share' ? { id: 'job' } : null
    return new Promise((resolve) => {
      if (this.mode === 'answers') resolve(ok(value) as never)
    })
  }
}

function follow(): RemoteClient {
  const { state } = makeRuntime()
  follower.client = new RemoteClient(state, () => undefined)
  return follower.client
}
const types = ({ heard }: OwningTab) => heard.map(({ type }) => type)
const untilHeard = (owner: OwningTab, wanted: readonly string[]) =>
  expect.poll(() => types(owner)).toEqual(wanted)
/** Its answer comes after whatever was said before it: a channel keeps the order. */
const pause = { type: 'pause', infoHash: INFO_HASH } as const

describe('a tab that follows', () => {
  it('says nothing before there is somebody to hear it', async () => {
    const client = follow()
    const answer = client.run({ type: 'open', text: 'a link' })
    const owner = new OwningTab('answers').serve()
    expect(await answer).toEqual(ok(null))
    expect(types(owner)).toEqual(['open'])
  })

  it('gives a command again when another tab takes over, and an answered one never', async () => {
    const first = new OwningTab('answers').serve()
    const client = follow()
    expect(await client.run<'pause' | 'resume'>(pause)).toEqual(ok(null))
    first.close()
    const answer = client.run({ type: 'open', text: 'a link' })
    const next = new OwningTab('answers').serve()
    expect(await answer).toEqual(ok(null))
    expect(types(next)).toEqual(['open'])
  })

  it('gives it to its own node when it takes over itself', async () => {
    new OwningTab('deaf').serve()
    const client = follow()
    const answer = client.run({ type: 'open', text: 'a link' })
    const own = new OwningTab('answers')
    client.handOver(own)
    expect(await answer).toEqual(ok(null))
    // Whoever still has the former client in hand is served all the same.
    expect(await client.run<'pause' | 'resume'>(pause)).toEqual(ok(null))
    expect(types(own)).toEqual(['open', 'pause'])
  })

  it('says that nobody answers where no node will ever be', async () => {
    const client = follow()
    const answer = client.run({ type: 'open', text: 'a link' })
    client.handOver(null)
    expect(await answer).toEqual(fail('ownerGone'))
    expect(await client.run<'pause' | 'resume'>(pause)).toEqual(fail('ownerGone'))
  })
})

it('a tab that is shown again asks at once how things are, and no more after it took over', async () => {
  const owner = new OwningTab('answers').serve()
  const client = follow()
  await expect.poll(() => client.snapshot().missingSources).toEqual([])
  await client.run<'pause' | 'resume'>(pause)
  owner.missingSources = [missing]
  document.dispatchEvent(new Event('visibilitychange'))
  // Long before the next greeting.
  await expect.poll(() => client.snapshot().missingSources).toEqual([missing])
  client.handOver(new OwningTab('answers'))
  expect(() => document.dispatchEvent(new Event('visibilitychange'))).not.toThrow()
})

describe('files that were dropped into a tab that follows', () => {
  it.each(['another tab', 'this tab'])(
    'are shared by %s when the owner closes while it hashes',
    async (who) => {
      const first = new OwningTab('answers').serve()
      const client = follow()
      expect(await client.run(share)).toEqual(ok({ id: 'job' }))
      first.close()
      const next = new OwningTab('answers')
      if (who === 'this tab') client.handOver(next)
      else next.serve()
      await untilHeard(next, ['share'])
      expect(next.heard[0]).toMatchObject({ files: [{ path: ['film.mp4'] }] })
    },
  )

  it('are not shared again when nothing came of them: dismissed, or refused', async () => {
    const first = new OwningTab('answers').serve()
    const client = follow()
    await client.run(share)
    first.end(null)
    // Answered after the end was said.
    await client.run<'pause' | 'resume'>(pause)
    first.close()
    const next = new OwningTab('answers', [missing]).serve()
    await client.run<'pause' | 'resume'>(pause)
    expect(types(next)).toEqual(['pause'])
  })

  it.each(['another tab', 'this tab'])('are given back where %s lacks them', async (who) => {
    const first = new OwningTab('answers').serve()
    const client = follow()
    await client.run(share)
    first.end(INFO_HASH)
    await client.run<'pause' | 'resume'>(pause)
    first.close()
    const next = new OwningTab('answers', [missing])
    if (who === 'this tab') client.handOver(next)
    else next.serve()
    await untilHeard(next, ['reselect'])
    expect(next.heard[0]).toMatchObject({ infoHash: INFO_HASH, files: [{ path: ['film.mp4'] }] })
    next.close()
    // The one after it may have them, by handles of the browser.
    if (who === 'this tab') return
    const last = new OwningTab('answers').serve()
    await client.run<'pause' | 'resume'>(pause)
    expect(types(last)).toEqual(['pause'])
  })
})
