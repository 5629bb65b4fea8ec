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
import { inStateFolder } from './state-folder.ts'

type NodeCommand = Extract<Command, { name: 'node' }>

/** An always-on member of the network: seeds what it was given, and lends itself to the discovery systems. */
export async function runNode(command: NodeCommand, output: Output, signal: AbortSignal): Promise<void> {
  const { options, out } = command
  const { stateFolder } = options
  const lock = await inStateFolder(stateFolder, () => takeLock(nodeLock(stateFolder)))
  if (lock === null)
    throw new CliFailure(
      'files',
      'A node with this state folder runs already.',
      `${nodeLock(stateFolder)} is held.`,
      'End it, or name another folder with --state DIR.',
    )
  try {
    await prepareOut(out)
    const memory = await withMemory(stateFolder, signal, () => NodeMemory.load(stateFolder))
    await inStateFolder(stateFolder, async () => {
      // Before what is given now: it was asked for earlier.
      await new ForgetRequests(memory.values).fulfil(memory)
      for (const path of command.paths) await memory.addPath(resolve(path), command.isUnlisted)
      for (const infoHash of command.links) await memory.addWanted(infoHash, command.isUnlisted)
    })
    await withPeer(
      { common: options, output, signal, folder: partsFolder(out), isWilling: true, isPatient: true },
      () => Promise.resolve(),
      (session) => new Member(session, memory, options.server, out).run(),
    )
  } finally {
    lock.release()
  }
}
