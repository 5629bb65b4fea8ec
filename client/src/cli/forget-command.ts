import { setTimeout as delay } from 'node:timers/promises'
import { formatLink } from '@ringdrop/shared/content/magnet.ts'
import { parseInfo } from '@ringdrop/shared/content/metainfo.ts'
import type { Command } from './arguments.ts'
import { CliFailure, whyOf } from './failure.ts'
import { ForgetRequests } from './forget-requests.ts'
import { isNodeThere, nodeLock, withMemory } from './memory-lock.ts'
import { NodeMemory, type Item, type Name } from './node-memory.ts'
import type { Output } from './output.ts'
import { safeName, shownPath } from './safe-names.ts'
import { bytesInWords } from './words.ts'

/** A node looks every second, once it has found its server or has tried for 15 s. Our choice. */
const ANSWER_MS = 30_000
const LOOK_MS = 100

/** Says what a node brings back at its next start, whether one runs now or not. */
export async function runList(
  { options }: Extract<Command, { name: 'list' }>,
  output: Output,
): Promise<void> {
  const { paths, wanted, saved } = await NodeMemory.load(options.stateFolder)
  const items = [...paths, ...wanted, ...saved]
  for (const item of items) {
    const { fields, name, about } = shown(item, options.server)
    output.event('remembered', fields, `${name}  (${about})`)
  }
  if (items.length === 0) output.note('A node with this state folder remembers no paths and no links.')
}

/**
 * Makes a node forget paths and links; one that runs ends their shares and downloads. Files stay as they are.
 * @param answerMs how long a node that runs has time.
 */
export async function runForget(
  { options, names }: Extract<Command, { name: 'forget' }>,
  output: Output,
  signal: AbortSignal,
  answerMs = ANSWER_MS,
): Promise<void> {
  const { server, stateFolder } = options
  const memory = await NodeMemory.load(stateFolder)
  const items = names.flatMap((name) => requireKnown(memory, name))
  const requests = new ForgetRequests(memory.values)
  try {
    if (!(await forgetAlone(stateFolder, names, signal))) {
      const key = await requests.put(names)
      await untilForgotten(requests, key, stateFolder, signal, answerMs).finally(() => requests.withdraw(key))
    }
  } catch (error) {
    if (signal.aborted || error instanceof CliFailure) throw error
    const next = 'Check its permissions and its disk, or name another with --state DIR.'
    throw new CliFailure('files', `The state folder ${stateFolder} can't be used.`, whyOf(error), next)
  }
  for (const item of items) tellForgotten(item, server, output)
}

/** Says that something is remembered no longer. */
export function tellForgotten(item: Item, server: string, output: Output): void {
  const { fields, name } = shown(item, server)
  output.event('forgotten', fields, `Forgotten: ${name}`)
}

function requireKnown(memory: NodeMemory, name: Name): Item[] {
  const items = memory.itemsOf(name)
  if (items.length > 0) return items
  throw new CliFailure(
    'nothingFound',
    `${'path' in name ? shownPath(name.path) : name.infoHash} is not remembered; nothing was forgotten.`,
    'It was not given to "ringdrop node" with this state folder, or it is forgotten already.',
    'Run "ringdrop list" to see what is remembered.',
  )
}

/** Forgets while no node runs; one that starts meanwhile waits for that. @returns whether none runs. */
function forgetAlone(stateFolder: string, names: readonly Name[], signal: AbortSignal): Promise<boolean> {
  return withMemory(stateFolder, signal, async () => {
    if (isNodeThere(stateFolder)) return false
    // As the node that ended just now has left it.
    const memory = await NodeMemory.load(stateFolder)
    await new ForgetRequests(memory.values).fulfil(memory)
    await memory.forget(names.flatMap((name) => memory.itemsOf(name)))
    return true
  })
}

/** Waits for the node that runs to do it, or to end. */
async function untilForgotten(
  requests: ForgetRequests,
  key: string,
  stateFolder: string,
  signal: AbortSignal,
  answerMs: number,
): Promise<void> {
  const until = performance.now() + answerMs
  while (!(await requests.isTaken(key))) {
    if (await forgetAlone(stateFolder, [], signal)) return
    if (performance.now() > until)
      throw new CliFailure(
        'files',
        'The node that runs does not answer.',
        `It holds ${nodeLock(stateFolder)} and did nothing within ${String(answerMs / 1000)} s; it may be of an older version.`,
        'End it, run this again, then start it again.',
      )
    await delay(LOOK_MS, undefined, { signal })
  }
}

/** One thing that is remembered, for programs and for people. */
interface Shown {
  readonly fields: object
  readonly name: string
  readonly about: string
}

function shown(item: Item, server: string): Shown {
  const { isUnlisted: unlisted } = item
  const mark = unlisted ? ', unlisted' : ''
  if ('path' in item) {
    const { path } = item
    return { fields: { kind: 'own', path, unlisted }, name: shownPath(path), about: `shared${mark}` }
  }
  if ('infoHash' in item) {
    const { infoHash } = item
    return {
      fields: { kind: 'wanted', infoHash, unlisted },
      name: infoHash,
      about: `to be downloaded${mark}`,
    }
  }
  const { infoBytes, files } = item
  const info = parseInfo(infoBytes)
  const place = shownPath(files[0] ?? '')
  if (!info.ok) return { fields: { kind: 'saved', files, unlisted }, name: place, about: 'unreadable' }
  const { infoHash, name, totalBytes: bytes } = info.value
  const link = formatLink(server, { infoHash, name, totalBytes: bytes })
  return {
    fields: { kind: 'saved', infoHash, name, link, bytes, files, unlisted },
    name: safeName(name),
    about: `${bytesInWords(bytes)}, downloaded to ${place}${mark}; ${infoHash}`,
  }
}
