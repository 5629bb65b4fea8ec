import { describe, expect, it } from 'vitest'
import type { SessionId } from '@ringdrop/shared/kernel/ids.ts'
import type { InviteView } from '@ringdrop/shared/protocols/introduction/sessions.ts'
import { InviteWatch } from '../../src/state/invite-watch.svelte.ts'

const sid = 'ab'.repeat(16) as SessionId
const other: InviteView = { sid: 'cd'.repeat(16) as SessionId, state: 'linked' }
const at = (state: InviteView['state']): InviteView[] => [other, { sid, state }]

/** What is shown after each look. */
function stages(...looks: (readonly InviteView[] | undefined)[]): string[] {
  const watch = new InviteWatch()
  watch.follow(sid)
  return looks.map((invites) => (watch.see(invites), watch.stage))
}

describe('an invite is followed', () => {
  it.each<[string, (readonly InviteView[] | undefined)[], string[]]>([
    [
      'until it is a link',
      [at('waiting'), at('connecting'), at('linked')],
      ['waiting', 'connecting', 'linked'],
    ],
    ['and a link that is lost later is told elsewhere', [at('linked'), [other]], ['linked', 'linked']],
    ['until nobody can answer it any more', [at('waiting'), [other]], ['waiting', 'ended']],
    ['until no path was found', [at('waiting'), at('connecting'), []], ['waiting', 'connecting', 'failed']],
    ['although what is shown is older than it', [[other], at('waiting')], ['waiting', 'waiting']],
    ['while no node runs', [at('waiting'), undefined, at('linked')], ['waiting', 'waiting', 'linked']],
  ])('%s', (_, looks, expected) => {
    expect(stages(...looks)).toEqual(expected)
  })

  it('and the next one anew', () => {
    const watch = new InviteWatch()
    watch.see(at('linked'))
    expect(watch.stage).toBe('none')
    watch.follow(other.sid)
    watch.see([other])
    watch.follow(sid)
    expect(watch.stage).toBe('waiting')
    watch.see([other])
    expect(watch.stage).toBe('waiting')
  })
})
