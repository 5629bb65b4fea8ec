import { expect, it } from 'vitest'
import { parseNonce, type Nonce } from '@ringdrop/shared/kernel/ids.ts'
import { LastQuestion } from '../../src/state/last-question.svelte.ts'

const nonce = (digit: string) => parseNonce(digit.repeat(32)) as Nonce

/** A question whose answer comes when the test says so. */
function begin(question: LastQuestion) {
  let answer: (id: Nonce | null) => void = () => undefined
  const isShown = question.ask(() => new Promise((resolve) => (answer = resolve)))
  return async (id: Nonce | null) => {
    answer(id)
    await isShown
  }
}

it('shows what was asked last, though an earlier question is answered later', async () => {
  const question = new LastQuestion(() => undefined)
  const answerFirst = begin(question)
  const answerSecond = begin(question)
  await answerSecond(nonce('2'))
  await answerFirst(nonce('1'))
  expect(question.id).toBe(nonce('2'))
})

it('shows nothing of a question that is not asked any more', async () => {
  const question = new LastQuestion(() => undefined)
  await begin(question)(nonce('1'))
  const answer = begin(question)
  question.forget()
  expect([question.id, question.isAsked]).toEqual([null, false])
  await answer(nonce('2'))
  expect(question.id).toBeNull()
})

it('is asked from the start on, also when it fails', async () => {
  const question = new LastQuestion(() => undefined)
  expect(question.isAsked).toBe(false)
  const answer = begin(question)
  expect(question.isAsked).toBe(true)
  await answer(null)
  expect([question.id, question.isAsked]).toEqual([null, true])
})

it('ends the searches whose place another has taken, and no other', async () => {
  const ended: Nonce[] = []
  const question = new LastQuestion((id) => ended.push(id))
  await begin(question)(nonce('1'))
  expect(ended).toEqual([])
  const answerSecond = begin(question)
  const answerThird = begin(question)
  // It is shown until another one runs.
  expect([question.id, ended]).toEqual([nonce('1'), []])
  await answerThird(nonce('3'))
  await answerSecond(nonce('2'))
  expect([question.id, ended]).toEqual([nonce('3'), [nonce('1'), nonce('2')]])
})
