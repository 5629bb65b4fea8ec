import { parseArgs } from 'node:util'
import { addToCorpus, readCorpus } from '@ringdrop/shared/fuzz/corpus.ts'
import { Fuzzer } from '@ringdrop/shared/fuzz/fuzz.ts'
import { sharedTargets } from '@ringdrop/shared/fuzz/targets.ts'
import { clientTargets } from '../../client/test/fuzz/targets.ts'

/** Inputs that a decoder gets before the next one has its turn. */
const TURN = 20_000

const HELP = `npm run soak -- fuzz [--minutes 60] [--seed N] [--target NAME] [--save] [--json]
  Mutates inputs of every decoder until the time is up. --save adds what was new, and every failure, to the corpus.`

/** @returns whether nothing failed. */
export function fuzzCommand(args: readonly string[]): boolean {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      target: { type: 'string' },
      save: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(HELP) === undefined
  const targets = [...sharedTargets(), ...clientTargets()].filter(
    ({ name }) => values.target === undefined || name === values.target,
  )
  if (targets.length === 0)
    return console.error(`There is no decoder named ${String(values.target)}.`) !== undefined
  const seed = Number(values.seed)
  const end = performance.now() + Number(values.minutes) * 60_000
  const fuzzers = targets.map((target) => new Fuzzer(target, seed, readCorpus(target.name)))
  while (performance.now() < end) for (const fuzzer of fuzzers) fuzzer.run(TURN * (fuzzer.target.weight ?? 1))
  const reports = fuzzers.map((fuzzer) => fuzzer.report())
  for (const { found, failures, ...figures } of reports) {
    if (values.save) addToCorpus(figures.target, [...found, ...failures.map(({ input }) => input)])
    if (values.json) console.log(JSON.stringify({ ...figures, failures: failures.length }))
    for (const failure of failures) console.error(JSON.stringify({ seed, ...failure }))
  }
  const inputs = reports.reduce((sum, report) => sum + report.inputs, 0)
  const failed = reports.reduce((sum, report) => sum + report.failures.length, 0)
  const slowestMs = Math.max(...reports.map((report) => report.slowestMs))
  const summary = { summary: true, seed, targets: targets.length, inputs, failures: failed, slowestMs }
  console.log(
    values.json
      ? JSON.stringify(summary)
      : `${String(inputs)} inputs to ${String(targets.length)} decoders, ${String(failed)} failures, slowest ${slowestMs.toFixed(1)} ms (seed ${String(seed)})`,
  )
  return failed === 0
}
