import type { FileRoot } from '../../kernel/ids.ts'
import type { Priority } from './piece-picker.ts'
import type { Swarm } from './swarm.ts'

/** Which files of a share the person wants, and which of them sooner than others. */
export class Wishes {
  /** `null`: all of them. */
  #selection: ReadonlySet<number> | null = null
  /** Files that are not of normal priority. */
  readonly #priorities = new Map<number, Priority>()

  constructor(files: readonly number[] | null) {
    this.select(files)
  }

  isSelected(file: number): boolean {
    return this.#selection?.has(file) ?? true
  }

  /** `skip` for a file that is not wanted. */
  priorityOf(file: number): Priority {
    return this.isSelected(file) ? (this.#priorities.get(file) ?? 'normal') : 'skip'
  }

  /** @param files `null` for all. */
  select(files: readonly number[] | null): void {
    this.#selection = files === null ? null : new Set(files)
  }

  prioritize(files: readonly number[], priority: Priority): void {
    for (const file of files) this.#priorities.set(file, priority)
  }

  apply(swarm: Swarm | null): void {
    if (swarm === null) return
    swarm.picker.prioritize((file) => this.priorityOf(file))
    const wantedRoots = new Set<FileRoot>()
    swarm.info.files.forEach((file, index) => {
      if (file.root !== null && this.isSelected(index)) wantedRoots.add(file.root)
    })
    swarm.hashes.select((root) => wantedRoots.has(root))
  }
}
