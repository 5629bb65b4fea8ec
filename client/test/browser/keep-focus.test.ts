import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepFocus } from '../../src/lib/keep-focus.ts'

let end = (): void => undefined

beforeEach(() => {
  document.body.innerHTML = `
    <div id="shell">
      <header><button id="menu">Settings</button></header>
      <main tabindex="-1">
        <section id="tools"><input id="filter" /></section>
        <section id="list">
          <ul>
            <li id="a"><button id="a1">Pause</button><button id="a2">Remove</button></li>
            <li id="b"><button id="b1">Pause</button><button id="b2">Remove</button></li>
            <li id="c"><span tabindex="-1">c</span><button id="c1" disabled>Save</button><button id="c2">Remove</button></li>
          </ul>
        </section>
      </main>
    </div>
    <div id="toasts"><div id="toast"><button id="dismiss">Dismiss</button></div></div>`
  end = keepFocus()
})
afterEach(() => {
  end()
  document.body.innerHTML = ''
})

const at = (id: string): HTMLElement => document.getElementById(id) ?? document.body
const focused = () => document.activeElement?.id ?? ''
const untilAt = (id: string) => expect.poll(focused, { timeout: 2_000, interval: 10 }).toBe(id)
/** What waits for its turn has had it. */
const aTurn = () => new Promise((resolve) => setTimeout(resolve))

describe('when what has the focus goes, the focus', () => {
  it.each([
    ['a row in the middle', 'a2', 'a', 'b1'],
    ['a row before one whose first button is disabled', 'b2', 'b', 'c2'],
    ['the last row', 'c2', 'c', 'b1'],
    ['a button among others', 'a1', 'a1', 'a2'],
    ['the whole list', 'b1', 'list', 'filter'],
  ])('goes to the next thing: of %s', async (_, focus, gone, next) => {
    at(focus).focus()
    at(gone).remove()
    await untilAt(next)
  })

  it('goes to what has come in its place', async () => {
    at('b2').focus()
    const fresh = document.createElement('li')
    fresh.innerHTML = '<button id="fresh">Pause</button>'
    at('b').replaceWith(fresh)
    await untilAt('fresh')
  })

  it('goes back to where it was, out of what lies over the page', async () => {
    at('b1').focus()
    at('dismiss').focus()
    at('toast').remove()
    await untilAt('b1')
  })

  it('goes to the content of the page, when nothing else is left', async () => {
    at('dismiss').focus()
    at('toast').remove()
    await expect.poll(() => document.activeElement?.tagName).toBe('MAIN')
  })

  it('stays with what is moved', async () => {
    at('c2').focus()
    at('list').firstElementChild?.prepend(at('c'))
    await untilAt('c2')
  })

  it('goes on from what is hidden', async () => {
    at('a1').focus()
    at('a').hidden = true
    await untilAt('b1')
  })
})

it('a button that is disabled while something runs has the focus again', async () => {
  const button = at('a1') as HTMLButtonElement
  button.focus()
  button.disabled = true
  await new Promise((resolve) => requestAnimationFrame(resolve))
  await aTurn()
  // Browsers differ in when they take it away.
  button.blur()
  button.disabled = false
  await untilAt('a1')
})

it('whoever leaves everything is left alone, whatever goes or moves then', async () => {
  at('a1').focus()
  at('a1').blur()
  await aTurn()
  await aTurn()
  at('list').firstElementChild?.append(at('a'))
  at('a').remove()
  await aTurn()
  await aTurn()
  expect(document.activeElement).toBe(document.body)
})

it('whoever has put it elsewhere in the meantime is not overruled', async () => {
  at('a1').focus()
  at('a').remove()
  at('menu').focus()
  await aTurn()
  await aTurn()
  expect(focused()).toBe('menu')
})
