import type { SimNode } from '../sim-node.ts'
import type { SwarmOptions } from './swarm.ts'

/** What one run showed. Times in seconds since all peers joined. */
export interface SwarmResult {
  readonly seed: number
  readonly sourceRatio: number
  readonly contributors: number
  readonly freeRiders: number
  readonly makespanSeconds: number
  /** The fluid bound for the contributors alone. */
  readonly boundSeconds: number
  readonly makespanOverBound: number
  /** What the source sent, in copies of the share. */
  readonly seedCopies: number
  /** Share of the received payload that was there already. */
  readonly duplicateShare: number
  readonly firstFinishSeconds: number
  readonly medianFinishSeconds: number
  readonly medianFreeRiderSeconds: number | null
}

export interface MeasuredSwarm {
  readonly options: SwarmOptions
  readonly source: SimNode
  readonly contributors: readonly SimNode[]
  readonly freeRiders: readonly SimNode[]
}

export function measure({ options, source, contributors, freeRiders }: MeasuredSwarm): SwarmResult {
  const honest = contributors.filter((node) => node.isHonest)
  const finishes = finishSeconds(honest)
  const makespanSeconds = finishes.at(-1) ?? 0
  const bound = boundSeconds(options)
  const fileBytes = options.fileBytes.reduce((sum, size) => sum + size, 0)
  let [received, duplicate] = [0, 0]
  for (const node of [...contributors, ...freeRiders]) {
    received += node.exchange.swarm?.downloads.receivedBytes ?? 0
    duplicate += node.exchange.swarm?.downloads.duplicateBytes ?? 0
  }
  return {
    seed: options.seed,
    sourceRatio: options.sourceRatio,
    contributors: options.contributors,
    freeRiders: options.freeRiders,
    makespanSeconds: round(makespanSeconds),
    boundSeconds: round(bound),
    makespanOverBound: round(makespanSeconds / bound),
    seedCopies: round(source.uploadedBytes / fileBytes),
    duplicateShare: round(received === 0 ? 0 : duplicate / received, 6),
    firstFinishSeconds: round(finishes[0] ?? 0),
    medianFinishSeconds: round(median(finishes)),
    medianFreeRiderSeconds: freeRiders.length === 0 ? null : round(median(finishSeconds(freeRiders))),
  }
}

/** max{F/us, F/dmin, NF/(us + sum ui)} of Kumar and Ross 2006. */
export function boundSeconds(options: SwarmOptions): number {
  const fileBytes = options.fileBytes.reduce((sum, size) => sum + size, 0)
  const source = options.uplink * options.sourceRatio
  let uplinks = source
  for (let i = 0; i < options.contributors; i++) {
    uplinks += options.special.find(({ contributor }) => contributor === i)?.uplink ?? options.uplink
  }
  return Math.max(
    fileBytes / source,
    fileBytes / options.downlink,
    (options.contributors * fileBytes) / uplinks,
  )
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

/** So many decimals are enough, and print alike everywhere. */
export function round(value: number, decimals = 4): number {
  return Number(value.toFixed(decimals))
}

function finishSeconds(nodes: readonly SimNode[]): number[] {
  return nodes.map((node) => (node.finishedAt ?? NaN) / 1000).sort((a, b) => a - b)
}
