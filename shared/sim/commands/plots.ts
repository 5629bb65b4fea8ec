import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { churnRecall, floodCurves, ringHops, treeReach } from '../scenarios/compare-curves.ts'
import { chart, COLOURS, type Axis, type Panel, type Series } from './plots-chart.ts'

const HELP = `sim plots: runs the simulations behind the pictures of docs/protocols and draws them
  --only NAME        ring-hops, flood or churn-recall; all three when left out
  --seed 1           seed of every run
  --out docs/protocols`

const OPTIONS = {
  only: { type: 'string' },
  seed: { type: 'string', default: '1' },
  out: { type: 'string', default: 'docs/protocols' },
  help: { type: 'boolean', default: false },
} as const

const PICTURES: ReadonlyMap<string, (seed: number) => Panel[]> = new Map([
  ['ring-hops', ringPicture],
  ['flood', floodPicture],
  ['churn-recall', churnPicture],
])

/** `sim plots`: writes the pictures and yields their names. */
export function* plotsCommand(args: readonly string[]): Generator<string> {
  const flags = parseArgs({ args: [...args], options: OPTIONS }).values
  if (flags.help) {
    yield HELP
    return
  }
  mkdirSync(flags.out, { recursive: true })
  for (const [name, panels] of PICTURES) {
    if (flags.only !== undefined && flags.only !== name) continue
    const path = join(flags.out, `${name}.svg`)
    const drawn = panels(Number(flags.seed))
    writeFileSync(path, chart(drawn))
    yield path
    for (const { title, series } of drawn)
      for (const { name: curve, points } of series)
        yield `  ${title}, ${curve}: ${points.map(([x, y]) => `${String(x)}: ${y.toFixed(2)}`).join(', ')}`
  }
}

function ringPicture(seed: number): Panel[] {
  const sizes = [8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096]
  const perLog = (factor: number) => sizes.map((size) => [size, factor * Math.log2(size)] as const)
  const series: Series[] = [
    measured('circle: successors only', COLOURS.purple, ringHops('circle', seed)),
    measured('fingers: clockwise', COLOURS.orange, ringHops('fingers', seed)),
    measured('full: both ways, look-ahead', COLOURS.blue, ringHops('full', seed)),
    textbook(
      'N / 2',
      COLOURS.purple,
      [8, 12, 16, 20, 24].map((size) => [size, size / 2]),
    ),
    textbook('0.5 log2 N (Chord 2001)', COLOURS.grey, perLog(0.5)),
    textbook('0.36 log2 N (our target)', COLOURS.green, perLog(0.36)),
  ]
  const y = axis('hops of a lookup, mean', [0, 2, 4, 6, 8, 10])
  return [{ title: 'Ring: hops, at most 24 links a peer', x: axis('peers N', sizes, 'log2'), y, series }]
}

function floodPicture(seed: number): Panel[] {
  const [classic, pruned] = [floodCurves('classic', seed), floodCurves('pruned', seed)]
  const tree = treeReach()
  const share = tree.map(([ttl, peers]) => [ttl, (peers / 999) * 100] as const)
  const x = axis('TTL', [1, 2, 3, 4, 5, 6, 7])
  const seriesOf = (of: 'reach' | 'messages', bound: Series['points']): Series[] => [
    measured('classic', COLOURS.orange, classic[of]),
    measured('pruned (tree)', COLOURS.blue, pruned[of]),
    textbook('if no two ways met', COLOURS.grey, bound),
  ]
  return [
    {
      title: 'Flood: peers reached',
      x,
      y: axis('% of 1,000 peers, degree 6', [0, 20, 40, 60, 80, 100]),
      series: seriesOf('reach', share),
    },
    {
      title: 'Flood: copies of one query',
      x,
      y: axis('messages', [0, 1_000, 2_000, 3_000, 4_000, 5_000]),
      series: seriesOf('messages', tree),
    },
  ]
}

function churnPicture(seed: number): Panel[] {
  const x = axis('median session, minutes', [0.125, 0.25, 0.5, 1, 2, 4, 8, 16], 'log2')
  const series: Series[] = [
    measured('Gnutella, pruned', COLOURS.orange, churnRecall('gnutella', seed)),
    measured('KaZaA', COLOURS.green, churnRecall('kazaa', seed)),
    measured('Ring', COLOURS.blue, churnRecall('ring', seed)),
    textbook('nothing lost', COLOURS.grey, [
      [0.125, 100],
      [16, 100],
    ]),
  ]
  const y = axis('% of the files found', [0, 20, 40, 60, 80, 100])
  return [{ title: 'Recall while 200 peers come and go', x, y, series }]
}

const axis = (label: string, ticks: readonly number[], scale: Axis['scale'] = 'linear'): Axis => ({
  label,
  scale,
  ticks,
})
const measured = (name: string, colour: string, points: Series['points']): Series => ({
  name,
  colour,
  kind: 'measured',
  points,
})
const textbook = (name: string, colour: string, points: Series['points']): Series => ({
  name,
  colour,
  kind: 'textbook',
  points,
})
