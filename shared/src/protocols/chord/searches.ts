import type { Nonce, PeerId } from '../../kernel/ids.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { mergeHits } from '../../discovery/listing.ts'
import type { Criteria, SearchStep } from '../../discovery/overlay.ts'
import { matches, wordsOf } from '../../discovery/words.ts'
import { Deadlines } from '../../kernel/deadlines.ts'
import { CHORD } from './constants.ts'
import type { ChordContext } from './context.ts'
import { rarestOf } from './keeper.ts'
import type { LookupOutcome, Lookups } from './lookups.ts'
import type { Ask, Trace } from './messages.ts'
import { providerKey, wordKey } from './position.ts'
import { isPlausible, signedText, type RingRecord } from './record.ts'

/** Records of one answer that are checked, whatever was asked for. */
const MAX_CHECKED = 64

interface Search {
  readonly id: Nonce
  readonly criteria: Criteria
  readonly key: string
  readonly ask: Ask
  readonly limit: number
  /** Holders that were asked. */
  readonly asked: PeerId[]
  found: 'nothing' | 'lies' | 'records'
  messages: number
  bytes: number
  readonly steps: SearchStep[]
}

/** Questions of a person: a lookup, every record checked, and a copy asked when the owner's answer is no good. */
export class Searches {
  readonly #context: ChordContext
  readonly #lookups: Lookups
  readonly #running = new Map<Nonce, Search>()
  readonly #deadlines = new Deadlines<Nonce>()

  constructor(context: ChordContext, lookups: Lookups) {
    this.#context = context
    this.#lookups = lookups
  }

  wakeAt(): number {
    return this.#deadlines.earliest()
  }

  wake(): void {
    for (const id of this.#deadlines.due(this.#context.now)) {
      const search = this.#running.get(id)
      if (search !== undefined) this.#end(search, 'deadline')
    }
  }

  begin(id: Nonce, criteria: Criteria, limit: number): void {
    if (this.#running.has(id)) return
    const bound = Math.max(1, Math.min(limit, LIMITS.hitsPerNode))
    const plan = planOf(criteria, bound)
    if (plan === null || this.#running.size >= CHORD.searches)
      return this.#context.emit({ type: 'searchEnded', id, because: plan === null ? 'complete' : 'failed' })
    const search: Search = {
      ...{ id, criteria, limit: bound, ...plan },
      asked: [],
      found: 'nothing',
      messages: 0,
      bytes: 0,
      steps: [],
    }
    this.#running.set(id, search)
    this.#deadlines.set(id, this.#context.now + CHORD.searchMs)
    this.#ask(search)
  }

  cancel(id: Nonce): void {
    this.#running.delete(id)
    this.#deadlines.clear(id)
  }

  #ask(search: Search): void {
    this.#lookups.start({
      key: search.key,
      ask: search.ask,
      avoid: search.asked,
      traced: true,
      done: (outcome) => {
        if (this.#running.get(search.id) === search) this.#answered(search, outcome)
      },
    })
  }

  #answered(search: Search, outcome: LookupOutcome): void {
    const { owner, answer, trace } = outcome
    if (trace !== null) note(search, trace)
    if (owner === null) {
      if (search.found !== 'lies' && search.asked.length > 0) return this.#end(search, 'complete')
      const isAlone = this.#context.memberLinks().length === 0
      return this.#end(search, isAlone ? 'noNeighbours' : 'failed')
    }
    // Who was to be avoided answered all the same: nobody else is left.
    const isLast = search.asked.includes(owner)
    search.asked.push(owner)
    const records = answer?.type === 'records' ? answer.records.slice(0, MAX_CHECKED) : []
    this.#check(search, records, (valid) => {
      if (this.#running.get(search.id) !== search) return
      if (valid.length > 0) search.found = 'records'
      // What others answered stays true: one liar among them must not have the last word.
      else if (search.found !== 'records' && (records.length > 0 || answer?.type !== 'records'))
        search.found = 'lies'
      this.#report(search, valid, outcome)
      const { asked, found } = search
      const isLonely = this.#context.phase === 'alone' || asked.length > this.#context.successors.peers.length
      const mayAsk = asked.length < mostAsked(search)
      if (mayAsk && !isLonely && !isLast) return this.#ask(search)
      this.#end(search, found === 'lies' ? 'failed' : isAloneEnd(this.#context))
    })
  }

  /** Every record is checked again here: the peer that answered may lie. */
  #check(search: Search, records: readonly RingRecord[], done: (valid: RingRecord[]) => void): void {
    const { date, isKeyOf } = this.#context
    const plausible = records.filter(
      (record) => answers(search, record) && isPlausible(record, date, isKeyOf),
    )
    const valid: RingRecord[] = []
    let open = plausible.length
    if (open === 0) return done(valid)
    const settle = () => {
      open--
      if (open === 0) done(valid)
    }
    for (const record of plausible) {
      const isTaken = this.#context.check(
        record.publicKey,
        signedText(record),
        record.signature,
        (isValid) => {
          if (isValid) valid.push(record)
          settle()
        },
      )
      if (!isTaken) settle()
    }
  }

  #report(search: Search, valid: readonly RingRecord[], { hops, via }: LookupOutcome): void {
    const foreign = valid.filter(({ provider }) => provider !== this.#context.self)
    const providers = [...new Set(foreign.map(({ provider }) => provider))]
    if (via !== null)
      for (const peer of providers) if (peer !== via) this.#context.emit({ type: 'way', peer, via })
    if (providers.length === 0) return
    if (search.criteria.by === 'infoHash')
      return this.#context.emit({ type: 'providers', id: search.id, peers: providers, hops })
    const hits = mergeHits(
      foreign.flatMap(({ listing, provider }) =>
        listing === null ? [] : [{ listing, providers: [provider] }],
      ),
    ).map((hit) => ({ ...hit, providers: hit.providers.slice(0, LIMITS.providersPerHit) }))
    this.#context.emit({ type: 'hits', id: search.id, hits: hits.slice(0, search.limit), hops })
  }

  #end(search: Search, because: 'complete' | 'deadline' | 'noNeighbours' | 'failed'): void {
    const { id, messages, bytes, steps } = search
    this.cancel(id)
    this.#context.emit({ type: 'searchCost', id, messages, bytes, steps })
    this.#context.emit({ type: 'searchEnded', id, because })
  }
}

/**
 * Holders that are asked in turn. Who names only accomplices must not end the search for the providers of a share, of
 * which there are few; a search by words asks one holder when that has an answer at all.
 */
function mostAsked({ found, criteria }: Search): number {
  if (found !== 'records') return CHORD.replicas
  return criteria.by === 'infoHash' ? CHORD.putCopies : 1
}

const isAloneEnd = ({ phase }: ChordContext) => (phase === 'member' ? 'complete' : 'noNeighbours')

/** `null` when there is nothing to look for. */
function planOf(criteria: Criteria, limit: number): { key: string; ask: Ask } | null {
  if (criteria.by === 'infoHash') {
    const { infoHash } = criteria
    return { key: providerKey(infoHash), ask: { type: 'getProviders', infoHash, limit } }
  }
  const words = criteria.words.slice(0, LIMITS.queryWords)
  const word = rarestOf(words)
  return word === null ? null : { key: wordKey(word), ask: { type: 'getFiles', words, limit } }
}

/** Whether a record is an answer to what was asked at all. */
function answers({ criteria, key }: Search, { kind, listing, ...record }: RingRecord): boolean {
  if (record.key !== key) return false
  if (criteria.by === 'infoHash') return kind === 'provider' && record.infoHash === criteria.infoHash
  return (
    kind === 'word' &&
    listing !== null &&
    matches(wordsOf(listing.name), criteria.words.slice(0, LIMITS.queryWords))
  )
}

/** Adds what a lookup cost, and the links that it crossed there and back. */
function note(search: Search, { path, messages, bytes }: Trace): void {
  search.messages += messages
  search.bytes += bytes
  const last = path.length - 1
  for (let i = 0; i < last; i++) {
    const [from, to] = [path[i], path[i + 1]]
    if (from === undefined || to === undefined) continue
    search.steps.push({ from, to, hops: i, kind: 'query' }, { from: to, to: from, hops: i + 1, kind: 'ack' })
  }
  for (let i = last; i > 0; i--) {
    const [from, to] = [path[i], path[i - 1]]
    if (from !== undefined && to !== undefined)
      search.steps.push({ from, to, hops: 2 * last - i, kind: 'hit' })
  }
}
