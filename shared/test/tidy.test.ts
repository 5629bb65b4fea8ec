import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Style rules that are executed: length, layers, banned calls and words (CONTRIBUTING.md). */
const root = join(import.meta.dirname, '../..')

function sources(folder: string, endings = ['.ts', '.svelte', '.mjs']): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !/(^|\/)(node_modules|dist)\//.test(path))
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
/** Without comments. */
const code = (path: string): string => read(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
const production = [...sources('shared/src'), ...sources('client/src'), ...sources('signaling-server/src')]
const everything = [
  ...production,
  ...sources('shared/sim'),
  ...sources('shared/test'),
  ...sources('e2e'),
  ...sources('scripts'),
]

/** A language is one file of messages, however many there are: whoever translates reads one. */
const LANGUAGE = /^client\/src\/lang\/[a-z]{2}(-lab)?\.ts$/

/** Files that are longer than the rule allows, with their present length: it may fall, not rise. */
const LONG_FILES: Record<string, number> = {
  'shared/src/protocols/introduction/introducer.ts': 412,
  'shared/src/protocols/bittorrent/exchange.ts': 355,
}

const LAYERS = ['kernel', 'wire', 'content', 'discovery', 'protocols', 'node', 'host']
const MAY_IMPORT: Record<string, readonly string[]> = {
  kernel: [],
  wire: ['kernel'],
  content: ['kernel', 'wire'],
  discovery: ['kernel', 'wire', 'content'],
  protocols: ['kernel', 'wire', 'content', 'discovery'],
  node: ['kernel', 'wire', 'content', 'discovery', 'protocols'],
  host: LAYERS,
}

/** Paths that a file imports, resolved against the root; packages are left out. */
function importsOf(path: string): string[] {
  const found = [...read(path).matchAll(/from '(\.[^']+)'/g)].map((match) => match[1] ?? '')
  return found.map((target) =>
    relative(root, join(root, path, '..', target))
      .split(sep)
      .join('/'),
  )
}

describe('tidy', () => {
  it('files stay short', () => {
    const long = production
      .map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
      .filter(({ path }) => !LANGUAGE.test(path))
      .filter(({ path, lines }) => lines > (LONG_FILES[path] ?? 300))
    expect(long).toEqual([])
  })

  it('functions stay short', () => {
    const long: string[] = []
    for (const path of production.filter((each) => each.endsWith('.ts'))) {
      const lines = read(path).split('\n')
      let start = -1
      lines.forEach((line, index) => {
        // Prettier gives every top-level function and method its own indentation, so its end is easy to find.
        if (
          /^( {2})?(export )?(async )?(function |static |#?[a-zA-Z]+\(|get |set |constructor\().*\{$/.test(
            line,
          )
        )
          start = index
        if (/^( {2})?\}$/.test(line) && start >= 0) {
          if (index - start > 60) long.push(`${path}:${String(start + 1)}`)
          start = -1
        }
      })
    }
    expect(long).toEqual([])
  })

  it('imports go one way', () => {
    const wrong: string[] = []
    for (const path of sources('shared/src')) {
      const layer = path.split('/')[2] ?? ''
      for (const target of importsOf(path)) {
        const [, , other = '', protocol] = target.split('/')
        const isOwnProtocol =
          layer === 'protocols' && other === 'protocols' && path.split('/')[3] === protocol
        const isAllowed =
          target.startsWith('shared/src/') &&
          (isOwnProtocol || (other === layer && layer !== 'protocols') || MAY_IMPORT[layer]?.includes(other))
        if (isAllowed !== true) wrong.push(`${path} -> ${target}`)
      }
    }
    for (const path of sources('client/src'))
      if (/signaling-server/.test(importsOf(path).join())) wrong.push(path)
    for (const path of sources('signaling-server/src'))
      if (/client\//.test(importsOf(path).join())) wrong.push(path)
    for (const path of production.filter((each) => !each.includes('lab')))
      if (/\/sim\//.test(importsOf(path).join())) wrong.push(path)
    expect(wrong).toEqual([])
  })

  it('what runs in a page and what runs in a process stay apart', () => {
    const isProcess = (path: string) => /^client\/src\/(cli|adapters\/node)\//.test(path)
    const wrong: string[] = []
    for (const path of sources('client/src')) {
      const targets = importsOf(path)
      if (isProcess(path)) {
        const outer = path.includes('/adapters/') ? 'cli|app|' : ''
        const banned = new RegExp(`^client/src/(${outer}state|components|pages|lib|lang|workers)/`)
        wrong.push(...targets.filter((target) => banned.test(target)).map((target) => `${path} -> ${target}`))
      } else if (targets.some(isProcess) || /from 'node(:|-datachannel)/.test(read(path))) wrong.push(path)
    }
    expect(wrong).toEqual([])
  })

  it('cores have no clock, no chance and no waiting', () => {
    const banned = /\b(Date\.now|new Date|Math\.random|setTimeout|setInterval|performance\.|await |async )/
    expect(sources('shared/src').filter((path) => banned.test(code(path)))).toEqual([])
  })

  it('there is no any, no lint switched off and no forgotten test', () => {
    const banned =
      /: any\b|as any\b|<any>|eslint-disable|@ts-ignore|@ts-nocheck|\b(it|test|describe)\.(only|skip)\(/
    const found = everything.filter((path) => !path.endsWith('tidy.test.ts') && banned.test(code(path)))
    expect(found).toEqual([])
  })

  it('tests that share their modules put nothing else in the place of a module, a global or the time', () => {
    const banned = /\bvi\.(mock|doMock|stubGlobal|stubEnv|useFakeTimers)\(/
    const found = [...sources('shared/test'), ...sources('signaling-server/test')].filter(
      (path) => !path.endsWith('tidy.test.ts') && banned.test(code(path)),
    )
    expect(found).toEqual([])
  })

  it('the words are the field’s', () => {
    const banned = new RegExp(['ch', 'unk'].join(''), 'i')
    expect(everything.filter((path) => banned.test(read(path)))).toEqual([])
  })
})
