import { afterEach, expect, it, vi } from 'vitest'
import { LanguageState } from '../../src/state/language-state.svelte.ts'

afterEach(() => vi.unstubAllGlobals())

it.each([
  [['zh', 'en'], 'en'],
  [['en', 'zh'], 'zh'],
])('of %s, chosen at once, the last stays, however long its file takes', async (codes, last) => {
  const html = { lang: '' }
  vi.stubGlobal('document', { documentElement: html })
  vi.stubGlobal('localStorage', { setItem: () => undefined })
  const language = new LanguageState()
  await Promise.all(codes.map((code) => language.choose(code)))
  expect([language.code, html.lang]).toEqual([last, last])
})
