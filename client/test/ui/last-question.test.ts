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
  const question = new LastQuestion()
  const answerFirst = begin(question)
  const answerSecond = begin(question)
  await answerSecond(nonce('2'))
  await answerFirst(nonce('1'))
  expect(question.id).toBe(nonce('2'))
})

it('shows nothing of a question that is not asked any more', async () => {
  const question = new LastQuestion()
  await begin(question)(nonce('1'))
  const answer = begin(question)
  question.forget()
  expect([question.id, question.isAsked]).toEqual([null, false])
  await answer(nonce('2'))
  expect(question.id).toBeNull()
})

it('is asked from the start on, also when it fails', async () => {
  const question = new LastQuestion()
  expect(question.isAsked).toBe(false)
  const answer = begin(question)
  expect(question.isAsked).toBe(true)
  await answer(null)
  expect([question.id, question.isAsked]).toEqual([null, true])
})
