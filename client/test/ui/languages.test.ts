import { describe, expect, it } from 'vitest'
import { en } from '../../src/lang/en.ts'
import { createLanguage } from '../../src/lang/language.ts'
import { bestLanguage, LANGUAGE_CODES, loadLanguage } from '../../src/lang/languages.ts'
import { loadDeviceMessages } from '../../src/lang/device/messages.ts'
import { loadWords } from '../../src/lang/late-words.ts'
import { loadLabTexts } from '../../src/lang/lab/texts.ts'
import { loadSearchMessages } from '../../src/lang/search/messages.ts'
import { loadSettingsMessages } from '../../src/lang/settings/messages.ts'
import { zh } from '../../src/lang/zh.ts'

/** All texts with their place; functions are called with what fits their number of parameters. */
function texts(value: unknown, place = ''): [string, string][] {
  if (typeof value === 'string') return [[place, value]]
  if (typeof value === 'function') {
    const call = value as (...args: unknown[]) => unknown
    const numbers = Array.from({ length: call.length }, () => 3)
    const words = Array.from({ length: call.length }, () => 'X')
    const tried = [words, numbers, [['X', 'Y']]].map((args) => {
      try {
        return call(...args)
      } catch {
        return null
      }
    })
    const text = tried.find((each) => typeof each === 'string' && !each.includes('undefined'))
    return [[place, typeof text === 'string' ? text : '']]
  }
  return Object.entries(value as object).flatMap(([key, each]) => texts(each, `${place}.${key}`))
}

/** States of which there is nothing to say. */
const SILENT = ['.nearby.states.off', '.nearby.states.on', '.word.space']

describe('languages', () => {
  it('are found by their files', () => {
    expect(LANGUAGE_CODES).toEqual(['en', 'zh'])
    expect(bestLanguage(['fr-FR', 'zh-Hans-CN', 'en'])).toBe('zh')
    expect(bestLanguage(['fr', 'EN-gb'])).toBe('en')
    expect(bestLanguage([])).toBe('en')
  })

  it.each(['en', 'zh'])('%s says something everywhere', async (code) => {
    const { t } = await loadLanguage(code)
    const empty = texts(t).filter(([place, text]) => text.trim() === '' && !SILENT.includes(place))
    expect(empty).toEqual([])
    const { lab, essays } = await loadLabTexts(code)
    expect(texts(lab).filter(([, text]) => text.trim() === '')).toEqual([])
    for (const load of [loadDeviceMessages, loadSearchMessages, loadSettingsMessages])
      expect(texts(await load(code)).filter(([, text]) => text.trim() === '')).toEqual([])
    expect(essays).toHaveLength(6)
    expect(
      essays
        .flatMap(({ strengths, weaknesses }) => [strengths.length, weaknesses.length])
        .every((n) => n > 1),
    ).toBe(true)
  })

  it('Chinese is Chinese: few messages are the same as in English', () => {
    const english = new Map(texts(en))
    const same = texts(zh).filter(([place, text]) => english.get(place) === text && /[a-z]{4}/i.test(text))
    // Names of systems and things that have no other name.
    expect(
      same
        .map(([place]) => place)
        .filter((place) => !/names|Infohash|infohash|lenses|preview\.title/.test(place)),
    ).toEqual([])
  })

  it('numbers keep their form', () => {
    const { f } = createLanguage('zh', zh)
    expect(f.bytes(12_345)).toBe('12.3\u00a0kB')
    expect(f.duration(200_000)).toBe('3\u00a0分钟 20\u00a0秒')
    expect(f.ago(5_000)).toBe('刚刚')
  })

  it('one file is all that a language needs: what it exports for a part of the app is said there, the rest in English', async () => {
    const english = { search: { title: 'Search' }, settings: { title: 'Settings' } }
    const files = { './en.ts': () => Promise.resolve(english) }
    const own = () => Promise.resolve({ xx: 'of the first screen', search: { title: 'Suche' } })
    expect(await loadWords(files, 'xx', own)).toMatchObject({ ...english, search: { title: 'Suche' } })
    const chinese = { ...english, search: { title: '搜索' } }
    const both = { ...files, './zh.ts': () => Promise.resolve(chinese) }
    expect(await loadWords(both, 'zh', own)).toBe(chinese)
  })

  it('an unknown language is English', async () => expect((await loadLanguage('xx')).code).toBe('en'))
})
