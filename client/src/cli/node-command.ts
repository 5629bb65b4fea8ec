import { resolve } from 'node:path'
import { takeLock } from '../adapters/node/file-lock.ts'
import type { Command } from './arguments.ts'
import { prepareOut } from './downloads.ts'
import { CliFailure } from './failure.ts'
import { ForgetRequests } from './forget-requests.ts'
import { Member } from './member.ts'
import { nodeLock, withMemory } from './memory-lock.ts'
import { NodeMemory } from './node-memory.ts'
import type { Output } from './output.ts'
import { partsFolder, withPeer } from './session.ts'

type NodeCommand = Extract<Command, { name: 'node' }>

/** An always-on member of the network: seeds what it was given, and lends itself to the discovery systems. */
export async function runNode(command: NodeCommand, output: Output, signal: AbortSignal): Promise<void> {
  const { options, out } = command
  const lock = await takeLock(nodeLock(options.stateFolder))
  if (lock === null)
    throw new CliFailure(
      'files',
      'A node with this state folder runs already.',
      `${nodeLock(options.stateFolder)} is held.`,
      'End it, or name another folder with --state DIR.',
    )
  try {
    await prepareOut(out)
    const { stateFolder } = options
    const memory = await withMemory(stateFolder, signal, () => NodeMemory.load(stateFolder))
    // Before what is given now: it was asked for earlier.
    await new ForgetRequests(memory.values).fulfil(memory)
    for (const path of command.paths) await memory.addPath(resolve(path), command.isUnlisted)
    for (const infoHash of command.links) await memory.addWanted(infoHash, command.isUnlisted)
    await withPeer(
      { common: options, output, signal, folder: partsFolder(out), isWilling: true, isPatient: true },
      () => Promise.resolve(),
      (session) => new Member(session, memory, options.server, out).run(),
    )
  } finally {
    lock.release()
  }
}
