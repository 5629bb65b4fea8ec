import { parseArgs } from 'node:util'
import { resolve } from 'node:path'
import { bareLink, parseLink } from '@ringdrop/shared/content/magnet.ts'
import type { InfoHash } from '@ringdrop/shared/kernel/ids.ts'
import { SYSTEMS, type SystemName } from '@ringdrop/shared/node/systems.ts'
import { CliFailure, whyOf } from './failure.ts'
import { LINK_WORDS } from './link-words.ts'
import type { Name } from './node-memory.ts'
import { shownPath } from './safe-names.ts'

/** What every command needs to know. */
export interface CommonOptions {
  /** Origin of the server. */
  readonly server: string
  readonly isJson: boolean
  /** Folder for keys and what the network is known for; absolute. */
  readonly stateFolder: string
}

export type Command =
  | { readonly name: 'help' | 'version' }
  | {
      readonly name: 'share'
      readonly options: CommonOptions
      readonly paths: readonly string[]
      readonly isUnlisted: boolean
    }
  | {
      readonly name: 'get'
      readonly options: CommonOptions
      readonly infoHash: InfoHash
      readonly out: string
      readonly isSeeding: boolean
      readonly timeoutMs: number
    }
  | {
      readonly name: 'search'
      readonly options: CommonOptions
      readonly text: string
      readonly systems: readonly SystemName[]
      readonly timeoutMs: number
    }
  | {
      readonly name: 'node'
      readonly options: CommonOptions
      readonly paths: readonly string[]
      readonly links: readonly InfoHash[]
      readonly out: string
      readonly isUnlisted: boolean
    }
  | { readonly name: 'list'; readonly options: CommonOptions }
  | { readonly name: 'forget'; readonly options: CommonOptions; readonly names: readonly Name[] }

/** What the surroundings say: variables, and the folder of the person. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

const DEFAULT_SERVER = 'http://localhost:8080'
/** Without any progress for so long, a download is given up, for now. Our choice. */
const GET_TIMEOUT_S = 60
/** A peer that has just come finds its place in all systems within some seconds. Our choice. */
const SEARCH_TIMEOUT_S = 20

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  json: { type: 'boolean' },
  server: { type: 'string' },
  state: { type: 'string' },
  out: { type: 'string', short: 'o' },
  by: { type: 'string' },
  timeout: { type: 'string' },
  seed: { type: 'boolean' },
  unlisted: { type: 'boolean' },
} as const
type OptionName = keyof typeof OPTIONS

/** Options that only some commands know. */
const OWN_OPTIONS: Readonly<Record<string, readonly OptionName[]>> = {
  share: ['unlisted'],
  get: ['out', 'timeout', 'seed'],
  search: ['by', 'timeout'],
  node: ['out', 'unlisted'],
  list: [],
  forget: [],
}
const COMMON: readonly OptionName[] = ['help', 'version', 'json', 'server', 'state']

/** Whether an answer as JSON was asked for, however wrong the rest may be. */
export const wantsJson = (args: readonly string[]): boolean => args.includes('--json')

/** Reads the command line. Throws a {@link CliFailure} that says what is wrong with it. */
export function readArguments(args: readonly string[], surroundings: Surroundings): Command {
  const { values, positionals } = parse(args)
  const [name, ...rest] = positionals
  if (values.version === true) return { name: 'version' }
  if (values.help === true || name === undefined || name === 'help') return { name: 'help' }
  const own = OWN_OPTIONS[name]
  if (own === undefined)
    throw usage(
      `There is no command "${name}".`,
      'The commands are share, get, search, node, list and forget.',
    )
  for (const option of Object.keys(values) as OptionName[])
    if (!COMMON.includes(option) && !own.includes(option))
      throw usage(
        `"${name}" knows no option --${option}.`,
        `It knows ${[...own, 'json', 'server', 'state'].map((each) => `--${each}`).join(', ')}.`,
      )
  const linkOrigin = name === 'get' ? originOf(rest[0] ?? '') : null
  const options: CommonOptions = {
    server: serverOf(
      values.server ?? linkOrigin ?? variable(surroundings, 'RINGDROP_SERVER') ?? DEFAULT_SERVER,
    ),
    isJson: values.json === true,
    stateFolder: resolve(values.state ?? defaultState(surroundings)),
  }
  const takesPaths = ['share', 'node', 'forget'].includes(name)
  if ((takesPaths && rest.includes('')) || values.out === '' || values.state === '')
    throw usage(
      'A path or link is empty.',
      'A variable of the shell may be unset; the current folder is written as ".".',
    )
  const out = resolve(values.out ?? '.')
  const isUnlisted = values.unlisted === true
  if (name === 'share') {
    if (rest.length === 0) throw usage('Nothing to share.', 'Name at least one file or folder.')
    return { name, options, paths: rest, isUnlisted }
  }
  if (name === 'get') {
    const timeoutMs = secondsOf(values.timeout, GET_TIMEOUT_S)
    return { name, options, infoHash: theLink(rest), out, isSeeding: values.seed === true, timeoutMs }
  }
  if (name === 'search') {
    if (rest.join('').trim() === '') throw usage('Nothing to search for.', 'Name at least one word.')
    const timeoutMs = secondsOf(values.timeout, SEARCH_TIMEOUT_S)
    return { name, options, text: rest.join(' '), systems: systemsOf(values.by ?? 'directory'), timeoutMs }
  }
  if (name === 'list') {
    if (rest.length > 0) throw usage(`"list" takes no ${shownPath(rest[0] ?? '')}.`, 'It lists everything.')
    return { name, options }
  }
  if (name === 'forget') {
    if (rest.length === 0) throw usage('Nothing to forget.', 'Name at least one path or link.')
    const names = rest.map((each) =>
      isLinkLike(each) ? { infoHash: linkOf(each) } : { path: resolve(each) },
    )
    return { name, options, names }
  }
  const links = rest.filter(isLinkLike)
  return {
    name: 'node',
    options,
    paths: rest.filter((each) => !isLinkLike(each)),
    links: links.map(linkOf),
    out,
    isUnlisted,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
  } catch (error) {
    throw usage('The command line makes no sense.', whyOf(error))
  }
}

function usage(what: string, why: string): CliFailure {
  return new CliFailure('usage', what, why, 'Run "ringdrop --help" to see what there is.')
}

function theLink(rest: readonly string[]): InfoHash {
  const [text, ...more] = rest
  if (text === undefined) throw usage('Nothing to get.', 'A link is missing.')
  if (more.length > 0)
    throw usage('One link at a time.', 'More than one was given; quote it if it has blanks.')
  return linkOf(text)
}

function linkOf(text: string): InfoHash {
  const link = parseLink(text)
  if (link.ok) return link.value.infoHash
  const next = 'Copy the whole link, and quote it: it holds characters that shells treat specially.'
  throw new CliFailure('badLink', 'That is no link to a share.', LINK_WORDS[link.code], next)
}

/** A link, a magnet or an infohash, and no path: what has `magnet:` or a scheme in it, or is an infohash. */
const isLinkLike = (text: string): boolean =>
  /^(magnet:|https?:\/\/)/i.test(bareLink(text)) || parseLink(text).ok

/** The server that a link of ours names; `null` for a magnet or an infohash. */
function originOf(text: string): string | null {
  const link = bareLink(text)
  return /^https?:\/\//i.test(link) && URL.canParse(link) ? new URL(link).origin : null
}

function serverOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin
  throw usage(`"${text}" is no address of a server.`, 'It must begin with http:// or https://.')
}

function systemsOf(by: string): readonly SystemName[] {
  if (by === 'compare') return SYSTEMS
  const system = SYSTEMS.find((each) => each === by)
  if (system !== undefined) return [system]
  throw usage(`Nobody answers by "${by}".`, 'It may be directory, gnutella, kazaa, ring or compare.')
}

function secondsOf(text: string | undefined, fallback: number): number {
  const seconds = text === undefined ? fallback : Number(text)
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000
  throw usage(`--timeout ${String(text)} is no time.`, 'It must be a number of seconds.')
}

/** A variable of the surroundings; one that is empty counts as unset (XDG Base Directory Specification). */
const variable = ({ env }: Surroundings, name: string): string | undefined => env[name] || undefined

function defaultState(surroundings: Surroundings): string {
  const own = variable(surroundings, 'RINGDROP_STATE')
  return own ?? `${variable(surroundings, 'XDG_STATE_HOME') ?? `${surroundings.home}/.local/state`}/ringdrop`
}
