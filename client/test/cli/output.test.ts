import { describe, expect, it } from 'vitest'
import { CliFailure } from '../../src/cli/failure.ts'
import { Output } from '../../src/cli/output.ts'
import { safeName, safePath, shownPath } from '../../src/cli/safe-names.ts'
import { barInWords, bytesInWords, countInWords, timeInWords } from '../../src/cli/words.ts'

function make(kind: 'json' | 'terminal' | 'file') {
  const written = { out: '', err: '' }
  const time = { now: 0 }
  const stream = (name: 'out' | 'err') => ({
    write: (text: string) => void (written[name] += text),
    isTTY: kind === 'terminal',
    columns: 40,
  })
  const output = new Output(stream('out'), stream('err'), kind === 'json', () => time.now)
  return { output, written, time }
}

const progress = (fraction: number) => ({ fraction, label: 'Downloading', details: '1 peer' })

describe('what a command says', () => {
  it('is one object per line as JSON, failures too', () => {
    const { output, written } = make('json')
    output.event('shared', { name: 'a\nb' }, 'Sharing')
    output.progress('progress', { bytes: 1 }, progress(0.5))
    output.note('By the way')
    output.failure(new CliFailure('noPeer', 'Nobody.', 'They left.', 'Wait.'))
    output.close()
    const objects = written.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(objects.map(({ event }) => event)).toEqual(['shared', 'progress', 'note', 'failed'])
    expect(objects[3]).toMatchObject({ code: 'noPeer', exitCode: 5, what: 'Nobody.', next: 'Wait.' })
    expect(written.err).toBe('')
  })

  it('is a bar on a terminal, which is gone before the next line and never wider than the window', () => {
    const { output, written } = make('terminal')
    output.progress('progress', {}, { ...progress(0.5), details: 'x'.repeat(200) })
    expect(written.err.replace('\r\u001b[K', '')).toHaveLength(39)
    output.event('saved', {}, 'Saved')
    expect(written.err.endsWith('\r\u001b[K')).toBe(true)
    expect(written.out).toBe('Saved\n')
  })

  it('is a line for each tenth elsewhere', () => {
    const { output, written } = make('file')
    for (let percent = 0; percent <= 100; percent++) output.progress('progress', {}, progress(percent / 100))
    expect(written.err.trim().split('\n')).toHaveLength(11)
    expect(written.err).not.toContain('\u001b')
  })

  it('does not repeat how things stand', () => {
    const { output, written, time } = make('file')
    for (const peers of [1, 1, 2, 2]) {
      output.status('status', { peers }, `${String(peers)} peers`)
      time.now += 5_000
    }
    expect(written.err).toBe('1 peers\n2 peers\n')
  })
})

describe('figures in words', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [150 * 1024 * 1024, '150 MiB'],
    [2 ** 50, '1024 TiB'],
  ])('%i bytes', (count, words) => expect(bytesInWords(count)).toBe(words))

  it.each([
    [900, '1 s'],
    [61_000, '1 min 1 s'],
    [3_720_000, '1 h 2 min'],
  ])('%i ms', (ms, words) => expect(timeInWords(ms)).toBe(words))

  it('counts and bars', () => {
    expect(countInWords(1, 'peer')).toBe('1 peer')
    expect(countInWords(0, 'peer')).toBe('0 peers')
    expect(barInWords(0.5)).toBe('[############------------]  50 %')
    expect(barInWords(7)).toContain('100 %')
  })
})

describe('names in a terminal', () => {
  it('of others have nothing in them that it would obey, or that hides what they are', () => {
    expect(safeName('a\u001b[2Jb\r\u202ecod.exe')).toBe('a_[2Jb_cod.exe')
    expect(safePath('in\u0007/../x')).toBe('in_/_/x')
  })

  it('of the person are as they are, but for what it would obey', () => {
    const own = '/home/me/.local/../what?/con/a:b .txt'
    expect(shownPath(own)).toBe(own)
    expect(shownPath('./a\u001b[2J\n\u202eb')).toBe('./a\\u{1b}[2J\\u{a}\\u{202e}b')
  })
})
