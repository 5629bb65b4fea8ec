import { invariant } from '../../src/kernel/invariant.ts'
import { LIMITS } from '../../src/kernel/limits.ts'
import { utf8Encode } from '../../src/kernel/bytes.ts'
import { displayExtension, sanitizeName, sanitizePaths } from '../../src/content/file-names.ts'
import { parseLink } from '../../src/content/magnet.ts'
import { queryWords, wordsOf } from '../../src/discovery/words.ts'
import { decodePayload } from '../../src/protocols/introduction/payloads.ts'
import { cleanDisplayName, isDisplayName } from '../../src/wire/display-name.ts'
import { SIGNAL_KINDS } from '../../src/wire/envelope.ts'
import { inspectCandidate, inspectSdp } from '../../src/wire/sdp.ts'
import { HOSTILE_NAMES } from '../content/hostile-names.ts'
import { fakeSdp } from '../node/keys.ts'
import type { FuzzInput, FuzzTarget } from './fuzz.ts'
import type { Traffic } from './traffic.ts'

type Run = (text: string) => { readonly outcome: string; readonly value?: unknown }

const target = (
  name: string,
  seeds: readonly string[],
  maxLength: number,
  run: Run,
  weight = 1,
): FuzzTarget => ({
  name,
  kind: 'text',
  seeds,
  maxLength,
  weight,
  run: (input: FuzzInput) => run(String(input)),
})

const HASH = 'ab'.repeat(32)
const CANDIDATES = [
  'candidate:1 1 udp 2122260223 192.168.1.2 50000 typ host generation 0 ufrag abcd network-cost 999',
  'candidate:2 1 udp 1686052607 203.0.113.9 50001 typ srflx raddr 0.0.0.0 rport 0',
  'candidate:3 1 tcp 1518280447 2001:db8::7 9 typ host tcptype active',
  'candidate:4 1 udp 2122260223 0a1b2c3d-1111-4222-8333-444455556666.local 50000 typ host',
  'candidate:5 1 udp 41885439 198.51.100.4 60000 typ relay raddr 203.0.113.9 rport 50001',
]
/** An end of a circuit, which stands where a session description does. */
const CIRCUIT = `ringdrop-circuit-1\nrelay=${HASH}\ncircuit=${HASH.slice(32)}\nkey=04${HASH}${HASH}`
/** What must not be left of a name: separators, controls, what turns text around, and device names. */
const UNSAFE = /[/\\:*?"<>|\p{Cc}\p{Cf}\u2028\u2029]|^\.|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/iu

/** Everything that reads text from links, names, descriptions and envelopes. */
export function textTargets({ envelopes }: Traffic): FuzzTarget[] {
  return [
    target(
      'link',
      [
        `https://ringdrop.example/#magnet:?xt=urn:btmh:1220${HASH}&dn=Holiday%20film&xl=123456&x.pk=${HASH}`,
        HASH,
        `<magnet:?xt=urn:btmh:1220${HASH}&amp;dn=a+b>`,
        encodeURIComponent(`magnet:?xt=urn:btmh:1220${HASH}&dn=x`),
        'magnet:?xt=urn:btih:0123456789012345678901234567890123456789',
      ],
      9_000,
      (text) => {
        const link = parseLink(text)
        return link.ok ? { outcome: 'ok', value: link.value } : { outcome: link.code }
      },
    ),
    target('session description', [fakeSdp(HASH), CIRCUIT], LIMITS.sdpBytes + 10, (text) => {
      const facts = inspectSdp(text)
      if (!facts.ok) return { outcome: facts.code }
      const { fingerprint, circuit } = facts.value
      invariant(
        (circuit === null ? /^[0-9a-f]{64}$/ : /^04[0-9a-f]{128}$/).test(fingerprint),
        'a fingerprint',
      )
      invariant(!/m=(audio|video)/.test(text), 'nothing but data channels')
      return { outcome: 'ok', value: facts.value }
    }),
    target('candidate', CANDIDATES, 700, (text) => {
      const verdict = inspectCandidate(text)
      invariant(verdict === 'refused' || !/[\r\n]/.test(text), 'a candidate is one line')
      return { outcome: verdict === 'allowed' ? 'ok' : verdict }
    }),
    target(
      'payload',
      envelopes.map(({ payload }) => payload),
      LIMITS.signalBytes,
      (text) => {
        const kind = SIGNAL_KINDS[text.length % SIGNAL_KINDS.length] ?? 'probe'
        const good = [kind, 'offer' as const, 'candidate' as const]
          .map((each) => decodePayload(each, text))
          .find((each) => each.ok)
        return good?.ok === true ? { outcome: 'ok', value: good.value } : { outcome: 'refused' }
      },
    ),
    target('name', HOSTILE_NAMES, 2_000, (text) => {
      const name = sanitizeName(text)
      invariant(name !== '' && utf8Encode(name).length <= LIMITS.nameBytes, 'a name of bounded length')
      invariant(!UNSAFE.test(name), `unsafe: ${JSON.stringify(name)}`)
      invariant(sanitizeName(name) === name, 'cleaning twice changes nothing')
      return { outcome: 'ok', value: displayExtension(name) }
    }),
    target(
      'path',
      ['a/b/c.txt', '../../etc/passwd', ...HOSTILE_NAMES.slice(0, 40)],
      600,
      (text) => {
        const raw = text.split('|').map((path) => path.split('/'))
        const safe = sanitizePaths(raw)
        const places = safe.map((path) => path.join('/').normalize('NFC').toLowerCase())
        invariant(new Set(places).size === raw.length, 'no two files in one place')
        invariant(
          safe.flat().every((name) => !UNSAFE.test(name)),
          'every component is safe',
        )
        return { outcome: 'ok', value: safe.length }
      },
      0.5,
    ),
    target(
      'words',
      ['Holiday film 2024.mp4', '東京の休日', 'Ünïcode ﬃ', ...HOSTILE_NAMES.slice(0, 40)],
      2_000,
      (text) => {
        const words = wordsOf(text)
        invariant(words.length <= LIMITS.wordsPerName, 'bounded words')
        invariant(queryWords(text).length <= LIMITS.queryWords, 'bounded query')
        invariant(
          words.every((word) => [...word].length <= LIMITS.wordLength),
          'bounded length',
        )
        return { outcome: 'ok', value: words }
      },
    ),
    target('display name', ['Ana’s phone', ...HOSTILE_NAMES.slice(0, 40)], 400, (text) => {
      const name = cleanDisplayName(text)
      invariant(name === null || isDisplayName(name), 'what was cleaned is clean')
      return { outcome: name === null ? 'refused' : 'ok', value: name }
    }),
  ]
}
