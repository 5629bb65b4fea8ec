import { formatLink } from '@ringdrop/shared/content/magnet.ts'
import type { NodeSnapshot } from '@ringdrop/shared/node/snapshot.ts'
import type { AnswerView, HitView, SearchView } from '@ringdrop/shared/node/searches.ts'
import type { SystemName } from '@ringdrop/shared/node/systems.ts'
import type { Command } from './arguments.ts'
import { CliFailure } from './failure.ts'
import type { Output } from './output.ts'
import { safePath } from './safe-names.ts'
import { partsFolder, withPeer, type Session } from './session.ts'
import { bytesInWords, countInWords } from './words.ts'

type SearchCommand = Extract<Command, { name: 'search' }>

/** Asked again after so long when nothing was found: what was shared a moment ago takes its time to be known. */
const AGAIN_MS = 1_500

/** Searches until something is found or the time is over, and prints it. */
export async function runSearch(command: SearchCommand, output: Output, signal: AbortSignal): Promise<void> {
  const { options } = command
  await withPeer(
    { common: options, output, signal, folder: partsFolder(options.stateFolder), isWilling: false },
    () => Promise.resolve(),
    (session) => search(session, command),
  )
}

async function search(session: Session, { options, text, systems, timeoutMs }: SearchCommand): Promise<void> {
  const { peer, output, signal } = session
  const until = performance.now() + timeoutMs
  const left = () => Math.max(0, until - performance.now())
  const isReady = () => (systems.every((system) => isAtHome(system, peer.snapshot())) ? true : null)
  // Whoever is alone in the network finds no neighbours; it asks anyway, when the time is nearly over.
  await peer.until(isReady, signal, left() * 0.7)
  let found = await ask(session, text, systems)
  while (!found.answers.every(({ hits }) => hits > 0) && left() > AGAIN_MS) {
    await peer.until(() => null, signal, AGAIN_MS)
    const again = await ask(session, text, systems)
    if (again.hits.length >= found.hits.length) found = again
  }
  for (const hit of found.hits) showHit(hit, options.server, output)
  for (const answer of found.answers) showAnswer(answer, systems.length > 1, output)
  if (found.hits.length > 0) return
  throw new CliFailure(
    'nothingFound',
    `Nothing found for "${text}".`,
    'Nobody who was reached shares a file with all of these words in its name.',
    'Use fewer words, ask another system (--by), or try again later.',
  )
}

/** Asks once, and waits for the end of all answers. */
async function ask(
  { peer, signal }: Session,
  text: string,
  systems: readonly SystemName[],
): Promise<SearchView> {
  const id = peer.search(text, systems)
  const look = () => {
    const view = peer.snapshot().searches.find((each) => each.id === id)
    return view?.answers.every(({ state }) => state === 'ended') === true ? view : null
  }
  for (;;) {
    const view = await peer.until(look, signal, Infinity)
    if (view !== null) return view
  }
}

/** Whether a system has found its place in the network. */
function isAtHome(system: SystemName, { systems, links }: NodeSnapshot): boolean {
  switch (system) {
    case 'directory':
      return systems.directory !== null && systems.directory.state !== 'down'
    case 'gnutella':
      return (systems.gnutella?.neighbours.length ?? 0) > 0
    case 'kazaa':
      return systems.kazaa !== null && systems.kazaa.role !== 'orphan' && links.length > 0
    case 'ring':
      return (systems.ring?.size ?? 0) > 1
  }
}

function showHit({ listing, providers, systems }: HitView, server: string, output: Output): void {
  const { infoHash, name, sizeBytes, root } = listing
  const link = formatLink(server, { infoHash, name: name.split('/')[0] ?? name, totalBytes: sizeBytes })
  const fields = { infoHash, root, name, bytes: sizeBytes, sources: providers.length, systems, link }
  const words = `${safePath(name)}  ${bytesInWords(sizeBytes)}, ${countInWords(providers.length, 'source')}`
  output.event('hit', fields, `${words}\n  ${link}`)
}

function showAnswer(answer: AnswerView, isCompared: boolean, output: Output): void {
  const { system, because, hits, messages, bytes, hops, firstHitMs, tookMs } = answer
  const cost = `${countInWords(messages, 'message')}, ${countInWords(hops, 'hop')}, ${String(Math.round(tookMs ?? 0))} ms`
  const line = `${system.padEnd(9)}  ${countInWords(hits, 'hit')}, ${cost}`
  output.event(
    'answer',
    { system, because, hits, messages, bytes, hops, firstHitMs, tookMs },
    isCompared ? line : null,
  )
}
