import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Inputs worth trying again: one file a target, one input a line. */
const folder = join(import.meta.dirname, 'corpus')
const pathOf = (target: string): string => join(folder, `${target.replaceAll(' ', '-')}.txt`)

export function readCorpus(target: string): string[] {
  const path = pathOf(target)
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
}

/** Longer inputs are mostly one thing many times, and would swell the repository. */
const MAX_LINE = 4_000

/** Adds inputs, without those that are there. */
export function addToCorpus(target: string, lines: readonly string[]): void {
  const all = new Set([...readCorpus(target), ...lines.filter((line) => line.length <= MAX_LINE)])
  if (all.size === 0) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(pathOf(target), [...all].join('\n') + '\n')
}
