import { join } from 'node:path'
import { StateStore } from '../adapters/state-store.ts'
import type { Identity } from '../adapters/identity.ts'
import { FileValues } from '../adapters/node/file-values.ts'
import { loadKeyFile } from '../adapters/node/key-file.ts'
import { takeLock, type FileLock } from '../adapters/node/file-lock.ts'
import { CliFailure, whyOf } from './failure.ts'

/** More commands than this at a time are hardly meant. Our choice. */
const PROFILES = 64

/** Who this process is in the network, and what it remembers of it. No other process has it at the same time. */
export interface Profile {
  readonly identity: Identity
  readonly state: StateStore
  /** Lets the next process have it. */
  release(): void
}

/** Takes the first profile that no running command has: two of them must not be one peer. */
export async function takeProfile(stateFolder: string): Promise<Profile> {
  try {
    for (let number = 1; number <= PROFILES; number++) {
      const folder = join(stateFolder, 'peers', String(number))
      const lock = await takeLock(join(folder, 'lock'))
      if (lock !== null) return await open(folder, lock)
    }
  } catch (error) {
    throw new CliFailure(
      'files',
      `The state folder ${stateFolder} can't be used.`,
      whyOf(error),
      'Name another with --state DIR.',
    )
  }
  throw new CliFailure(
    'files',
    'Too many commands run at once.',
    `All ${String(PROFILES)} profiles in ${stateFolder} are in use.`,
    'End some of them, or name another folder with --state DIR.',
  )
}

async function open(folder: string, lock: FileLock): Promise<Profile> {
  const identity = await loadKeyFile(join(folder, 'key.json'))
  return {
    identity,
    state: new StateStore(new FileValues(join(folder, 'state'))),
    release: () => lock.release(),
  }
}
