import { hasCode } from '../adapters/node/atomic-file.ts'

/** Exit codes, one for each thing that can be done about it. Part of the interface: scripts go by them. */
export const EXIT_CODES = {
  /** Done as asked. */
  done: 0,
  /** A bug of ours, or something nobody foresaw. */
  fault: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** What was given is no link to a share. */
  badLink: 3,
  /** The server does not answer, or does not let us in. */
  noServer: 4,
  /** Nobody offers the share now, or those who did are gone. */
  noPeer: 5,
  /** Files or the output can't be read or written, or the disk is full. */
  files: 6,
  /** The search found nothing. */
  nothingFound: 7,
  /** Ended by Ctrl-C or SIGTERM before it was done, or because nobody reads the output any more. */
  interrupted: 130,
} as const

export type FailureCode = Exclude<keyof typeof EXIT_CODES, 'done'>

/** Why a command ends early, in words for the person who typed it. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure'

  /** @param what happened. @param why that is. @param next what to do about it. */
  constructor(
    readonly code: FailureCode,
    readonly what: string,
    readonly why: string,
    readonly next: string,
  ) {
    super(what)
  }

  get exitCode(): number {
    return EXIT_CODES[this.code]
  }
}

/** What an error says, whatever was thrown. */
export const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Anything that was thrown, as a failure. */
export function failureOf(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error
  return new CliFailure(
    'fault',
    'Ringdrop failed.',
    whyOf(error),
    'Try again; if it happens again, report it with this message.',
  )
}

/** The reason of a signal that ends a command whose output can't be written. `cause`: what the system said. */
export class OutputRefused extends Error {
  override readonly name = 'OutputRefused'

  constructor(cause: unknown) {
    super(whyOf(cause), { cause })
  }
}

/** Why a command ends early that was told to. @param reason as its signal has it. */
export function endedBy(reason: unknown): CliFailure {
  const next = 'Run the same command to go on.'
  if (!(reason instanceof OutputRefused))
    return new CliFailure('interrupted', 'Stopped.', 'You asked for it.', next)
  if (hasCode(reason.cause, 'EPIPE'))
    return new CliFailure('interrupted', 'Stopped.', 'Nobody reads the output any more.', next)
  return new CliFailure(
    'files',
    'Stopped: the output can’t be written.',
    reason.message,
    `Make room for it, or send it elsewhere. ${next}`,
  )
}
