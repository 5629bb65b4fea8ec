import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readArguments } from '../../src/cli/arguments.ts'
import { CliFailure, EXIT_CODES } from '../../src/cli/failure.ts'

const HASH = 'ab'.repeat(32)
const MAGNET = `magnet:?xt=urn:btmh:1220${HASH}&dn=a&xl=1`
const read = (args: string[], env: Record<string, string> = {}) =>
  readArguments(args, { env, home: '/home/me' })

function failure(args: string[]): CliFailure {
  try {
    read(args)
  } catch (error) {
    if (error instanceof CliFailure) return error
  }
  throw new Error('it was accepted')
}

describe('the command line', () => {
  it.each([
    ['nothing', []],
    ['help', ['help']],
    ['--help', ['get', '--help']],
    ['-h', ['-h']],
  ])('shows what there is: %s', (_, args) => expect(read(args).name).toBe('help'))

  it('takes the server from the option, then the link, then the variable, then this machine', () => {
    const link = `https://drop.example/#${MAGNET}`
    const env = { RINGDROP_SERVER: 'https://other.example/' }
    const serverOf = (args: string[], variables: Record<string, string> = {}) => {
      const command = read(args, variables)
      return 'options' in command ? command.options.server : ''
    }
    expect(serverOf(['get', link, '--server', 'http://one.example:81/x'], env)).toBe('http://one.example:81')
    expect(serverOf(['get', link], env)).toBe('https://drop.example')
    for (const around of [`<${link}>`, ` ${link}`, `\n<< ${link} >>\n`])
      expect(serverOf(['get', around], env)).toBe('https://drop.example')
    expect(serverOf(['get', MAGNET], env)).toBe('https://other.example')
    expect(serverOf(['get', MAGNET])).toBe('http://localhost:8080')
  })

  it('takes variables that are empty for unset', () => {
    const env = { RINGDROP_SERVER: '', RINGDROP_STATE: '', XDG_STATE_HOME: '' }
    expect(read(['share', 'a'], env)).toMatchObject({
      options: { server: 'http://localhost:8080', stateFolder: resolve('/home/me/.local/state/ringdrop') },
    })
  })

  it('reads each command', () => {
    expect(read(['share', 'a', 'b', '--unlisted'])).toMatchObject({
      name: 'share',
      paths: ['a', 'b'],
      isUnlisted: true,
      options: { isJson: false, stateFolder: resolve('/home/me/.local/state/ringdrop') },
    })
    expect(read(['get', HASH, '-o', 'x', '--seed', '--timeout', '2.5', '--json'])).toMatchObject({
      name: 'get',
      infoHash: HASH,
      out: resolve('x'),
      isSeeding: true,
      timeoutMs: 2500,
      options: { isJson: true },
    })
    expect(read(['search', 'two', 'words', '--by', 'compare'])).toMatchObject({
      text: 'two words',
      systems: ['directory', 'gnutella', 'kazaa', 'ring'],
    })
    expect(read(['node', './folder', MAGNET, 'file.txt'])).toMatchObject({
      paths: ['./folder', 'file.txt'],
      links: [HASH],
    })
    expect(read(['list', '--json'])).toMatchObject({ name: 'list', options: { isJson: true } })
    expect(read(['forget', 'folder/', MAGNET])).toMatchObject({
      name: 'forget',
      names: [{ path: resolve('folder') }, { infoHash: HASH }],
    })
  })

  it.each([
    ['an unknown command', ['fetch', 'x']],
    ['an unknown option', ['get', MAGNET, '--fast']],
    ['an option of another command', ['share', 'a', '--by', 'ring']],
    ['no path', ['share']],
    // As of a variable of the shell that is unset: the current folder is not meant.
    ['an empty path to share', ['share', '']],
    ['an empty path of a node', ['node', 'a', '']],
    ['no link', ['get']],
    ['two links', ['get', MAGNET, MAGNET]],
    ['no words', ['search']],
    ['words that are empty', ['search', '', ' ']],
    ['an empty folder of downloads', ['get', MAGNET, '--out', '']],
    ['an empty folder of keys', ['share', 'a', '--state', '']],
    ['nothing to forget', ['forget']],
    ['an empty path to forget', ['forget', '']],
    ['an option of another command for a list', ['list', '--unlisted']],
    ['a path to list', ['list', 'a']],
    ['an unknown system', ['search', 'a', '--by', 'napster']],
    ['no number', ['get', MAGNET, '--timeout', 'long']],
    ['no time', ['get', MAGNET, '--timeout', '0']],
    ['a server without a scheme', ['share', 'a', '--server', 'drop.example']],
    ['a server of another kind', ['share', 'a', '--server', 'file:///etc']],
  ])('refuses %s, and says why and what to do', (_, args) => {
    const { exitCode, what, why, next } = failure(args)
    expect(exitCode).toBe(EXIT_CODES.usage)
    for (const words of [what, why, next]) expect(words.length).toBeGreaterThan(5)
  })

  it.each([
    ['a word', 'hello', /infohash of 64/],
    ['an old magnet', `magnet:?xt=urn:btih:${'a'.repeat(40)}`, /v1/],
    ['a magnet without a topic', 'magnet:?dn=a', /urn:btmh/],
    ['a page', 'https://drop.example/', /infohash of 64/],
  ])('says why %s is no link', (_, text, why) => {
    expect(failure(['get', text])).toMatchObject({
      exitCode: EXIT_CODES.badLink,
      why: expect.stringMatching(why),
    })
  })

  it('takes no address for a path, brackets or not', () => {
    for (const text of ['https://drop.example/', ' <https://drop.example/>'])
      expect(failure(['node', text]).exitCode).toBe(EXIT_CODES.badLink)
  })
})
