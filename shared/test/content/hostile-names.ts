/**
 * Names that somebody may give a file to do harm or mischief. Families named after the attacks they come from;
 * gathered from bug reports and advisories of similar programs. Written with escapes wherever the character is invisible.
 */

const TRAVERSAL = [
  ...[
    '.',
    '..',
    '...',
    '....',
    ' .',
    '. ',
    '. .',
    '.. ',
    ' ..',
    '../',
    '..\\',
    './',
    '.\\',
    '/',
    '\\',
    '//',
    '\\\\',
  ],
  ...[
    '../etc/passwd',
    '..\\..\\windows\\system32',
    '/etc/passwd',
    '\\\\server\\share',
    '//server/share',
    'C:\\x',
  ],
  ...[
    'C:',
    'c:x',
    'file:///etc/passwd',
    '~/.ssh/authorized_keys',
    '~root',
    'a/../../b',
    'a\\..\\b',
    'a/./b',
    'a//b',
  ],
  ...[
    '..%2f..%2fetc',
    '%2e%2e%2f',
    '..%c0%af',
    '..%252f',
    '....//',
    '..;/',
    '.. /',
    '..\u0000/',
    '..\u200b/',
    '.\u200d.',
  ],
  ...[
    '.\ufeff./x',
    '\u202e..',
    '\u2024\u2024/',
    '\uff0e\uff0e\uff0f',
    '..\u2215x',
    '..\u2044x',
    'x/',
    'x\\',
    '/x',
    '\\x',
  ],
  ...[
    '.htaccess',
    '.ssh',
    '.bashrc',
    '.git',
    '.git/config',
    'GIT~1',
    '.\u200cgit',
    'desktop.ini',
    'autorun.inf',
  ],
]

const DEVICES = [
  'CON',
  'PRN',
  'AUX',
  'NUL',
  'CONIN$',
  'CONOUT$',
  'CLOCK$',
  'COM0',
  'COM1',
  'COM9',
  'COM\u00b9',
]
  .concat(['COM\u00b2', 'COM\u00b3', 'LPT0', 'LPT1', 'LPT9', 'LPT\u00b9', 'LPT\u00b3'])
  .flatMap((device) => [
    device,
    device.toLowerCase(),
    `${device}.txt`,
    `${device}.tar.gz`,
    `${device} .txt`,
    `${device}.`,
    `${device} `,
    `.${device}`,
    `${device}:`,
    `${device}\u200b`,
    `\u200f${device}.txt`,
  ])
  .concat([
    `con${' '.repeat(248)}x.txt`,
    `nul${'.'.repeat(300)}`,
    `aux${' '.repeat(247)}.txt`,
    `con${' '.repeat(400)}`,
  ])
  .concat([
    'CON\u3000',
    'CON\u00a0.txt',
    'CONX',
    'XCON',
    'COM10',
    '_CON',
    'CON_.txt',
    'c\u00adon',
    'nul\u0000.txt',
  ])

const FORBIDDEN = [...'/\\:*?"<>|']
  .flatMap((character) => [character, `a${character}b`, `${character}a`, `a${character}`, `a.${character}`])
  .concat([
    'a.txt:stream',
    'a.txt::$DATA',
    'a:b:c',
    '<>:"/\\|?*',
    'a|b.exe',
    '"quoted".txt',
    "it's.txt",
    '`ls`',
    '$(rm)',
  ])
  .concat([
    '-rf',
    '--help',
    '$HOME',
    '%PATH%',
    '!event',
    '#hash',
    'a;b',
    'a&b',
    '{a,b}',
    '[a]',
    'a\\\\b',
    '@file',
  ])

const CONTROLS = [0, 1, 7, 8, 9, 10, 13, 27, 31, 127, 0x80, 0x85, 0x9f].flatMap((code) => {
  const control = String.fromCharCode(code)
  return [control, `a${control}b.txt`, `a.txt${control}`, `${control}a`]
})

/** Bidi controls, zero-width and other invisible characters, odd spaces, tags, noncharacters. */
const INVISIBLE = [
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200e, 0x200f, 0x061c],
  ...[
    0x200b, 0x200c, 0x200d, 0x2060, 0x2061, 0xfeff, 0x00ad, 0x034f, 0x115f, 0x1160, 0x3164, 0xffa0, 0x17b4,
    0x180e,
  ],
  ...[
    0xfe0f, 0xe0001, 0xe0041, 0xe0100, 0x2028, 0x2029, 0x00a0, 0x2003, 0x3000, 0xfffe, 0xffff, 0x1fffe,
    0xfdd0,
  ],
].flatMap((code) => {
  const character = String.fromCodePoint(code)
  return [character, `annual${character}fdp.exe`, `${character}a.txt`, `a.txt${character}`]
})

const SURROGATES = [
  '\ud800',
  '\udc00',
  'a\ud83d',
  '\ude00b',
  '\udc00\ud800',
  'x\ud800.txt',
  `${'\ud83d'.repeat(200)}.txt`,
]

/** Several names for one file, on one file system or another. */
const TWINS = [
  ...['readme.txt', 'README.TXT', 'ReadMe.txt', 'readme.txt.', 'readme.txt ', ' readme.txt', '.readme.txt'],
  ...[
    'caf\u00e9',
    'cafe\u0301',
    'CAF\u00c9',
    'CAFE\u0301',
    'stra\u00dfe',
    'STRASSE',
    'stra\u1e9ee',
    'strasse',
  ],
  ...[
    '\u212b',
    '\u00c5',
    'A\u030a',
    '\u00e5',
    'K',
    '\u212a',
    'k',
    '\u03c3',
    '\u03c2',
    '\u03a3',
    '\u0130',
    'i',
    'I',
  ],
  ...[
    '\u0131',
    'i\u0307',
    '\u017f',
    's',
    'S',
    '\ufb01',
    'fi',
    'FI',
    '\u01c4',
    '\u01c5',
    '\u01c6',
    '\u1e9b\u0323',
  ],
  ...[
    '\uac00',
    '\u1100\u1161',
    '\u0344',
    '\u0308\u0301',
    '\u037e',
    ';',
    '\u1fef',
    '\u2126',
    '\u03a9',
    '\u0345',
    '\u03b9',
  ],
  ...[
    '<\u0338',
    '\u226e',
    '<\u200d\u0338',
    '>\u0338',
    'e\u200b\u0301',
    'a (2).txt',
    'a.txt',
    'A.txt',
    'a (2) (2).txt',
  ],
  ...[
    'a',
    'a',
    'a (2)',
    'a (3)',
    'A',
    'a ',
    'a_b',
    'a/b',
    'a\\b',
    'a:b',
    'a?b',
    '_',
    '__',
    '',
    ' ',
    '.',
    '\u200b',
  ],
]

const MARKUP = [
  ...['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '"><svg onload=alert(1)>', "'-alert(1)-'"],
  ...[
    'javascript:alert(1)',
    '{{7*7}}',
    '${7*7}',
    '<!--',
    ']]>',
    '&lt;b&gt;',
    '<b>bold</b>.txt',
    '</title>',
    '<a href=//x>',
  ],
  ...[
    '\u001b[2J',
    '\u001b]0;title\u0007',
    '%s%n',
    "'; DROP TABLE files;--",
    '=cmd|calc',
    '\r\nSet-Cookie: a=b',
    '"\r\nX: y',
  ],
]

const DISGUISES = [
  ...[
    'photo.jpg.exe',
    'photo.jpg                                        .exe',
    'photo\u202egpj.exe',
    'invoice.pdf.lnk',
  ],
  ...[
    'a.ex\u0435',
    'setup.EXE',
    'x.exe.',
    'x.exe ',
    'x.exe\u00a0',
    'x.e\u200bxe',
    'x.exe::$DATA',
    'x.\u202eexe',
    '.exe',
    'exe',
  ],
  ...[
    'archive.tar.gz',
    'no extension',
    'a.b.c.d.e',
    'a..b',
    'a...txt',
    'a. .txt',
    '.a.',
    'x.html',
    'x.svg',
    'x.hta',
    'x.url',
  ],
]

const LONG = [
  'a'.repeat(255),
  'a'.repeat(256),
  'a'.repeat(10_240),
  `${'a'.repeat(10_240)}.txt`,
  `${'a'.repeat(251)}.txt`,
  `${'a'.repeat(252)}.txt`,
  `a.${'x'.repeat(10_240)}`,
  `.${'x'.repeat(300)}`,
  `${'\u00e9'.repeat(200)}.jpeg`,
  `${'e\u0301'.repeat(200)}.jpeg`,
  `${'\u4e2d'.repeat(100)}.doc`,
  `${'\u{1f600}'.repeat(100)}.png`,
  `a${'\u{1f600}'.repeat(100)}.png`,
  `ab${'\u{1f600}'.repeat(100)}`,
  `abc${'\u{1f600}'.repeat(100)}`,
  `a${'\u0301'.repeat(5_000)}`,
  '.'.repeat(10_240),
  ' '.repeat(10_240),
  `${'. '.repeat(5_000)}a`,
  `a${' .'.repeat(5_000)}b`,
  `${'a'.repeat(250)}${' '.repeat(50)}b`,
  `${'a'.repeat(254)}.${'b'.repeat(20)}`,
  `${'a'.repeat(230)}.${'b'.repeat(31)}`,
  `${'a'.repeat(230)}.${'b'.repeat(32)}`,
  '/'.repeat(10_240),
  '../'.repeat(3_400),
  '\u202e'.repeat(10_240),
  '\u0000'.repeat(10_240),
  `x${'.a'.repeat(5_000)}`,
]

const SCRIPTS = [
  ...[
    '\u4e2d\u6587\u6587\u4ef6.txt',
    '\u65e5\u672c\u8a9e\u306e\u30d5\u30a1\u30a4\u30eb.pdf',
    '\ud55c\uad6d\uc5b4.doc',
  ],
  ...[
    '\u0645\u0644\u0641.txt',
    '\u05e7\u05d5\u05d1\u05e5.txt',
    '\u0444\u0430\u0439\u043b.txt',
    '\u0e44\u0e1f\u0e25\u0e4c',
  ],
  ...[
    '\u0928\u092e\u0938\u094d\u0924\u0947.mp3',
    '\u{1f600}.png',
    '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}.jpg',
  ],
  ...[
    '\u{1f1e9}\u{1f1ea}',
    '\u{1f44d}\u{1f3fd}',
    '\u2764\ufe0f.gif',
    '\u{10ffff}',
    '\u{e000}',
    'Z\u0351\u036b\u0343algo',
  ],
  ...[
    '\u043f\u0440\u0438\u043c\u0435\u0440.exe',
    '\u0430pple',
    '\u0391.txt',
    '\uff21\uff22\uff23.txt',
    '\uff0fetc\uff0fpasswd',
  ],
]

const OBJECT_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  'null',
  'undefined',
]

export const HOSTILE_NAMES: readonly string[] = [
  ...TRAVERSAL,
  ...DEVICES,
  ...FORBIDDEN,
  ...CONTROLS,
  ...INVISIBLE,
  ...SURROGATES,
  ...TWINS,
  ...MARKUP,
  ...DISGUISES,
  ...LONG,
  ...SCRIPTS,
  ...OBJECT_KEYS,
]
