import { describe, expect, it } from 'vitest'
import { readCorpus } from './corpus.ts'
import { Fuzzer, type FuzzTarget } from './fuzz.ts'
import { sharedTargets } from './targets.ts'

/** Inputs over all decoders together in a run of the tests; `npm run soak -- fuzz` goes on as long as one likes. */
const INPUTS = 1_000_000
const targets = sharedTargets()
const weight = targets.reduce((sum, target) => sum + (target.weight ?? 1), 0)

describe('no decoder throws, hangs or blows up', () => {
  it.each(targets.map((target): [string, FuzzTarget] => [target.name, target]))(
    '%s',
    { timeout: 120_000 },
    (name, target) => {
      const fuzzer = new Fuzzer(target, 1, readCorpus(name))
      fuzzer.run(Math.ceil((INPUTS * (target.weight ?? 1)) / weight))
      const { failures, accepted } = fuzzer.report()
      expect(failures).toEqual([])
      // Otherwise only the first check of the decoder was tried.
      expect(accepted).toBeGreaterThan(1)
    },
  )

  it('catches a decoder that throws, one that blows up, and one that is slow', () => {
    const broken: FuzzTarget = {
      name: 'broken',
      kind: 'bytes',
      seeds: [new Uint8Array(8)],
      maxLength: 20,
      run: (input) => {
        const [first = 0, second = 0] = input as Uint8Array
        if (first === 255) throw new Error('uncaught')
        return { outcome: 'ok', value: second === 255 ? new Array(10_000).fill(0) : 0 }
      },
    }
    let now = 0
    const fuzzer = new Fuzzer(broken, 1, [], () => (now += 30))
    fuzzer.run(5_000)
    const reasons = fuzzer.report().failures.map(({ why }) => why)
    expect(reasons.some((why) => why.includes('uncaught'))).toBe(true)
    expect(reasons.some((why) => why.includes('values out of'))).toBe(true)
    const slow = new Fuzzer(broken, 1, [], () => (now += 60))
    slow.run(10)
    expect(slow.report().failures[0]?.why).toMatch(/took \d+ ms/)
  })
})
