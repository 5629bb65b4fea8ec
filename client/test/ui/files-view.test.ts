import { expect, it } from 'vitest'
import type { FileView } from '@ringdrop/shared/node/snapshot.ts'
import type { AppCommand } from '../../src/app/api.ts'
import { toggled, type TreeNode } from '../../src/lib/file-tree.ts'
import type { Actions } from '../../src/state/actions.svelte.ts'
import { FilesView } from '../../src/state/files-view.svelte.ts'
import { INFO_HASH } from './views.ts'

/** A running download of three files, all wanted; commands are carried out when the test says so. */
async function setUp() {
  let wanted = new Set([0, 1, 2])
  const waiting: (() => void)[] = []
  let asked = 0
  let told = 0
  const fileAt = (index: number): FileView => {
    const isSelected = wanted.has(index)
    const priority = isSelected ? 'normal' : 'skip'
    return { path: [`${String(index)}.bin`], sizeBytes: 1, verifiedBytes: 0, isSelected, priority }
  }
  const actions = {
    tellToKeepOne: () => void told++,
    try: () => Promise.resolve({ ok: true, value: { files: [0, 1, 2].map(fileAt) } }),
    run: (command: AppCommand) =>
      new Promise((resolve) => {
        asked++
        waiting.push(() => {
          if (command.type === 'select') wanted = new Set(command.files)
          if (command.type === 'prioritize') for (const file of command.files) wanted.delete(file)
          resolve(null)
        })
      }),
  } as unknown as Actions
  const view = new FilesView(actions, INFO_HASH)
  await view.read()
  const click = (index: number) => view.select(toggled(view.tree?.roots[index] as TreeNode, view.selected))
  const counts = () => ({ asked, told })
  return { view, click, carryOut: () => waiting.shift()?.(), wanted: () => [...wanted], counts }
}

it('two quick clicks both count, whatever is read between them', async () => {
  const { view, click, carryOut, wanted } = await setUp()
  const first = click(0)
  const second = click(1)
  expect([...view.selected]).toEqual([2])
  carryOut()
  await first
  expect([...view.selected]).toEqual([2])
  carryOut()
  await second
  expect([[...view.selected], wanted()]).toEqual([[2], [2]])
})

it('a click right after a file was left out does not take it in again', async () => {
  const { view, click, carryOut, wanted } = await setUp()
  const done = [view.prioritize([0], 'skip'), click(1)]
  carryOut()
  carryOut()
  await Promise.all(done)
  expect(wanted()).toEqual([2])
})

it('shows what is so, once the last choice was read', async () => {
  const { view, click, carryOut } = await setUp()
  const choice = click(0)
  carryOut()
  await choice
  const again = click(0)
  expect([...view.selected].sort()).toEqual([0, 1, 2])
  carryOut()
  await again
  expect([...view.selected]).toEqual([0, 1, 2])
})

it('the last wanted file stays, and it is said why: a download of nothing would be complete', async () => {
  const { view, counts } = await setUp()
  await view.select(new Set())
  await view.prioritize([0, 1, 2], 'skip')
  expect([...view.selected].sort()).toEqual([0, 1, 2])
  expect(counts()).toEqual({ asked: 0, told: 2 })
})
