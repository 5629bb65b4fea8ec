import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  displayExtension,
  isExecutableName,
  sanitizeName,
  sanitizePaths,
} from '../../src/content/file-names.ts'
import { HOSTILE_NAMES } from './hostile-names.ts'

const bytesOf = (text: string) => Buffer.from(text, 'utf8').length
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(\.|$)/i

/** What is wrong with a name; empty when it is safe. */
function faults(name: string): string[] {
  const faults: [string, boolean][] = [
    ['empty', name.length === 0],
    ['too long', bytesOf(name) > 255],
    ['broken code point', Buffer.from(name, 'utf8').toString('utf8') !== name],
    ['separator or stream', /[/\\:]/.test(name)],
    ['forbidden on Windows', /[*?"<>|]/.test(name)],
    // eslint-disable-next-line no-control-regex
    ['control', /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)],
    ['invisible or bidi', /\p{Cf}|\p{Default_Ignorable_Code_Point}/u.test(name)],
    ['edge', /^[.\s]|[.\s]$/.test(name)],
    ['device', DEVICE.test(name)],
    ['not NFC', name.normalize('NFC') !== name],
    ['not idempotent', sanitizeName(name) !== name],
  ]
  return faults.filter(([, found]) => found).map(([fault]) => fault)
}

/** Equal for two paths that meet on some file system. Weaker and stronger foldings than the one under test. */
const foldings = [
  (text: string) => text.normalize('NFC').toLowerCase(),
  (text: string) => text.normalize('NFC').toUpperCase(),
  (text: string) => text.normalize('NFD').toLowerCase().normalize('NFD'),
  (text: string) => text.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC'),
]

function expectApart(paths: readonly (readonly string[])[]): void {
  for (const fold of foldings) {
    const files = new Set(paths.map((path) => fold(path.join('/'))))
    expect(files.size).toBe(paths.length)
    for (const path of paths) {
      for (let depth = 1; depth < path.length; depth++) {
        expect(files.has(fold(path.slice(0, depth).join('/')))).toBe(false)
      }
    }
  }
}

function expectSafePaths(raw: readonly (readonly string[])[]): void {
  const safe = sanitizePaths(raw)
  expect(safe.length).toBe(raw.length)
  safe.forEach((path, i) => expect(path.length).toBe(Math.max(1, raw[i]?.length ?? 0)))
  for (const name of new Set(safe.flat())) expect([name, faults(name)]).toEqual([name, []])
  expectApart(safe)
  expect(sanitizePaths(safe)).toEqual(safe)
}

const anyName = fc.oneof(
  fc.constantFrom(...HOSTILE_NAMES),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 300 }),
  fc.array(fc.constantFrom(...HOSTILE_NAMES), { maxLength: 4 }).map((parts) => parts.join('')),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
    .map((units) => String.fromCharCode(...units)),
)

describe('sanitizeName', () => {
  it('has a corpus worth its name', () => {
    expect(new Set(HOSTILE_NAMES).size).toBeGreaterThanOrEqual(300)
  })

  it('makes every hostile name safe', () => {
    for (const raw of HOSTILE_NAMES) {
      const name = sanitizeName(raw)
      expect([raw, faults(name)]).toEqual([raw, []])
    }
  })

  it('makes any text safe', () => {
    fc.assert(
      fc.property(anyName, (raw) => {
        expect(faults(sanitizeName(raw))).toEqual([])
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([
    ['', '_'],
    ['..', '_'],
    ['../etc/passwd', '_etc_passwd'],
    ['.gitignore', 'gitignore'],
    ['CON', '_CON'],
    ['nul.tar.gz', '_nul.tar.gz'],
    ['COM10', 'COM10'],
    ['a\u202egpj.exe', 'agpj.exe'],
    ['cafe\u0301.txt', 'caf\u00e9.txt'],
    ['<b>', '_b_'],
    ['a\ud800', 'a\ufffd'],
    ['normal name (1).txt', 'normal name (1).txt'],
    ['\u4e2d\u6587.txt', '\u4e2d\u6587.txt'],
    ['\u0645\u0644\u0641.txt', '\u0645\u0644\u0641.txt'],
    ['\u{1f600}.png', '\u{1f600}.png'],
    [`${'a'.repeat(10_240)}.txt`, `${'a'.repeat(251)}.txt`],
    [`${'\u{1f600}'.repeat(100)}.png`, `${'\u{1f600}'.repeat(62)}.png`],
    [`con${' '.repeat(248)}x.txt`, '_con.txt'],
  ])('turns %j into %j', (raw, name) => {
    expect(sanitizeName(raw)).toBe(name)
  })

  it('takes a short way for usual names, to the same end', () => {
    const usual = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'aZ09 ._-()!{}~con^/'), maxLength: 12 }),
      fc.stringMatching(/^(con|NUL|com1|aux)[ .]{0,2}[a-z.]{0,4}$/),
    )
    // What nobody sees is taken out, and makes a name unusual.
    fc.assert(
      fc.property(usual, (raw) => {
        expect(sanitizeName(raw)).toBe(sanitizeName(`${raw}\u200b`))
      }),
      { numRuns: 3_000 },
    )
  })

  it('takes linear time', () => {
    const start = performance.now()
    for (const unit of ['.', ' ', '. ', 'a.', 'e\u0301', '\u{1f600}', '\u200b', '/', 'con.']) {
      expect(faults(sanitizeName(`x${unit.repeat(200_000)}x`))).toEqual([])
    }
    expect(performance.now() - start).toBeLessThan(3_000)
  })
})

describe('sanitizePaths', () => {
  it('keeps the whole corpus apart, flat and nested', () => {
    expectSafePaths(HOSTILE_NAMES.map((name) => [name]))
    expectSafePaths(HOSTILE_NAMES.flatMap((name) => [[name], [name, name], [name, 'a'], ['a', name]]))
  })

  it('keeps any paths apart', () => {
    const twins = fc.constantFrom(
      'a',
      'A',
      'a.txt',
      'A.TXT',
      'a (2)',
      'a (2).txt',
      'a/',
      '',
      '..',
      '\u00e9',
      'e\u0301',
    )
    const path = fc.array(fc.oneof(twins, anyName), { maxLength: 4 })
    fc.assert(fc.property(fc.array(path, { maxLength: 12 }), expectSafePaths), { numRuns: 1_000 })
  })

  it('numbers twins before the extension and keeps folders together', () => {
    expect(
      sanitizePaths([['a.txt'], ['A.txt'], ['a.txt'], ['a'], ['a', 'b'], ['A', 'b'], ['a', 'c'], ['A']]),
    ).toEqual([
      ['a.txt'],
      ['A (2).txt'],
      ['a (3).txt'],
      ['a'],
      ['a (2)', 'b'],
      ['A (3)', 'b'],
      ['a (2)', 'c'],
      ['A (4)'],
    ])
    expect(sanitizePaths([[], ['']])).toEqual([['_'], ['_ (2)']])
    expect(sanitizePaths([])).toEqual([])
    const long = `${'a'.repeat(260)}.txt`
    expect(sanitizePaths([[long], [long]])[1]).toEqual([`${'a'.repeat(247)} (2).txt`])
  })

  it('numbers ten thousand twins quickly', () => {
    const start = performance.now()
    const paths = sanitizePaths(Array.from({ length: 10_000 }, () => ['x.txt']))
    expect(paths.at(-1)).toEqual(['x (10000).txt'])
    expect(performance.now() - start).toBeLessThan(1_500)
  })
})

describe('extensions', () => {
  it('are the real ones', () => {
    expect(displayExtension('photo.jpg.EXE')).toBe('exe')
    expect(displayExtension('archive.tar.gz')).toBe('gz')
    expect(displayExtension('none')).toBe('')
    expect(displayExtension('.hidden')).toBe('')
    expect(displayExtension(sanitizeName('photo\u202egpj.exe'))).toBe('exe')
  })

  it('that run are known', () => {
    for (const name of [
      'a.exe',
      'A.SCR',
      'x.jpg.lnk',
      'x.sh',
      'x.app',
      'x.hta',
      'x.ps1',
      'x.jar',
      'x.desktop',
    ]) {
      expect(isExecutableName(name)).toBe(true)
    }
    for (const name of ['a.txt', 'exe', 'a.exe.txt', 'a.mp4', 'a.zip', '', 'constructor.toString']) {
      expect(isExecutableName(name)).toBe(false)
    }
  })
})
