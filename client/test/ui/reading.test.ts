import { expect, it } from 'vitest'
import type { NodeClient } from '../../src/app/api.ts'
import { english } from '../../src/lang/language.ts'
import type { DropItem } from '../../src/lib/drop.ts'
import { Actions } from '../../src/state/actions.svelte.ts'
import { Notices } from '../../src/state/notices.svelte.ts'
import { Router } from '../../src/state/router.svelte.ts'
import { appSnapshot } from './views.ts'

/** A dropped file that the browser hands over when it is told to. */
function slowItem(): { readonly item: DropItem; readonly give: () => void } {
  let give: () => void = () => undefined
  const handle = new Promise<null>((resolve) => (give = () => resolve(null)))
  const getAsFile = () => new File(['abc'], 'film.mp4')
  return { item: { kind: 'file', getAsFile, getAsFileSystemHandle: () => handle }, give: () => give() }
}

it('of two drops at once the page says that it reads until both are read', async () => {
  const client: NodeClient = {
    snapshot: () => appSnapshot([]),
    onChange: () => () => undefined,
    run: () => Promise.resolve({ ok: true, value: { id: 'job' } }) as Promise<never>,
  }
  const actions = new Actions(client, new Notices(), new Router(), english)
  const [first, second] = [slowItem(), slowItem()]
  const reads = [actions.shareItems([first.item]), actions.shareItems([second.item])]
  expect(actions.gatheredCount).toBe(0)
  first.give()
  await reads[0]
  expect(actions.gatheredCount).toBe(0)
  second.give()
  await reads[1]
  expect(actions.gatheredCount).toBeNull()
})
