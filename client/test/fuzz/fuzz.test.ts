import { describe, expect, it } from 'vitest'
import { readCorpus } from '@ringdrop/shared/fuzz/corpus.ts'
import { Fuzzer, type FuzzTarget } from '@ringdrop/shared/fuzz/fuzz.ts'
import { clientTargets } from './targets.ts'

/** Inputs for each decoder; `npm run soak -- fuzz` goes on as long as one likes. */
const INPUTS = 10_000

describe('no decoder of the app throws, hangs or blows up', () => {
  it.each(clientTargets().map((target): [string, FuzzTarget] => [target.name, target]))(
    '%s',
    (name, target) => {
      const fuzzer = new Fuzzer(target, 1, readCorpus(name))
      fuzzer.run(INPUTS)
      const { failures, accepted } = fuzzer.report()
      expect(failures).toEqual([])
      expect(accepted).toBeGreaterThan(1)
    },
  )
})
