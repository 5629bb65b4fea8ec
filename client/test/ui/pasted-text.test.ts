import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AppCommand, NodeClient } from '../../src/app/api.ts'
import { english } from '../../src/lang/language.ts'
import { Actions } from '../../src/state/actions.svelte.ts'
import { Notices } from '../../src/state/notices.svelte.ts'
import { Router } from '../../src/state/router.svelte.ts'
import { appSnapshot } from './views.ts'

afterEach(() => vi.unstubAllGlobals())

/** @param isFitting whether the node has an invite that the reply belongs to */
function setUp(isFitting = true) {
  vi.stubGlobal('location', { hash: '' })
  const commands: AppCommand[] = []
  const client: NodeClient = {
    snapshot: () => appSnapshot([]),
    onChange: () => () => undefined,
    run: (command: AppCommand) => {
      commands.push(command)
      const answer = isFitting
        ? { ok: true, value: { reply: null } }
        : { ok: false, code: 'invite:unknownInvite' }
      return Promise.resolve(answer) as Promise<never>
    },
  }
  const notices = new Notices()
  const actions = new Actions(client, notices, new Router(), english)
  const texts = () => notices.items.map(({ text }) => text)
  return { actions, commands, texts }
}

const REPLY = 'reply:abc_-123'

describe('a reply to an invite that is pasted outside of its field', () => {
  it.each([REPLY, ` <${REPLY}>\n`])('is taken: %j', async (text) => {
    const { actions, commands, texts } = setUp()
    actions.openOrOfferText(text)
    expect(commands).toEqual([{ type: 'pasteInvite', text: REPLY }])
    await expect.poll(texts).toEqual([english.t.invite.fits])
  })

  it('is not offered as a text to share, either, when no invite of ours is open', async () => {
    const { actions, texts } = setUp(false)
    actions.openOrOfferText(REPLY)
    await expect.poll(texts).toEqual([english.t.error.unknownInvite])
  })
})

describe('the box for links', () => {
  it.each([
    ['an invite', 'https://drop.example/#invite:abc_-1', '#invite:abc_-1'],
    ['a link', 'ab'.repeat(32), `#${'ab'.repeat(32)}`],
  ])('opens %s', (_, text, hash) => {
    expect(setUp().actions.openText(text)).toBe(true)
    expect(location.hash).toBe(hash)
  })

  it('takes a reply', () => {
    const { actions, commands } = setUp()
    expect(actions.openText(REPLY)).toBe(true)
    expect(commands).toHaveLength(1)
  })

  it.each(['reply: I am late', 'see you at nine', ''])('says what is wrong with %j', (text) => {
    const { actions, commands } = setUp()
    expect(actions.openText(text)).toBe(false)
    expect(commands).toEqual([])
  })
})
