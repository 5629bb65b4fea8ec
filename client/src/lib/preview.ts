import type { FileView, ShareView } from '@ringdrop/shared/node/snapshot.ts'

/**
 * What may be shown of other people's files, by an allow-list of endings. Never HTML, SVG or PDF: in our origin they
 * could run script or pretend to be us. The type comes from here, never from the file.
 */
export type PreviewKind = 'image' | 'text' | 'audio' | 'video'

export interface Preview {
  readonly kind: PreviewKind
  /** Media type to show it by. */
  readonly type: string
}

const TYPES: Readonly<Record<PreviewKind, Readonly<Record<string, string>>>> = {
  image: {
    png: 'image/png',
    jpg: 'image/jpeg',
    jpeg: 'image/jpeg',
    gif: 'image/gif',
    webp: 'image/webp',
    avif: 'image/avif',
    bmp: 'image/bmp',
  },
  text: Object.fromEntries(
    ['txt', 'md', 'csv', 'tsv', 'log', 'json', 'srt', 'vtt', 'nfo', 'ini', 'yml', 'yaml', 'toml', 'cue'].map(
      (ending) => [ending, 'text/plain'],
    ),
  ),
  audio: {
    mp3: 'audio/mpeg',
    m4a: 'audio/mp4',
    aac: 'audio/aac',
    ogg: 'audio/ogg',
    oga: 'audio/ogg',
    opus: 'audio/ogg',
    wav: 'audio/wav',
    flac: 'audio/flac',
  },
  video: {
    mp4: 'video/mp4',
    m4v: 'video/mp4',
    mov: 'video/mp4',
    webm: 'video/webm',
    ogv: 'video/ogg',
    mkv: 'video/x-matroska',
  },
}

const BY_ENDING: ReadonlyMap<string, Preview> = new Map(
  (Object.keys(TYPES) as PreviewKind[]).flatMap((kind) =>
    Object.entries(TYPES[kind]).map(([ending, type]) => [ending, { kind, type }] as const),
  ),
)

/** A text longer than this is cut; our choice. */
export const TEXT_BYTES = 256 * 1024

/** How a file of this name is shown, or `null` when it is not. */
export function previewOf(name: string): Preview | null {
  const at = name.lastIndexOf('.')
  return at < 0 ? null : (BY_ENDING.get(name.slice(at + 1).toLowerCase()) ?? null)
}

/** Whether it can be shown before all of it is there. */
export const canStream = ({ kind }: Preview): boolean => kind === 'audio' || kind === 'video'

/** Whether a file is to be chosen before it is played: it is not fetched, but would be. */
export function isLeftOut({ state }: ShareView, file: FileView): boolean {
  const isStopped = state.name === 'paused' || state.name === 'failed'
  return !isStopped && !file.isSelected && file.verifiedBytes < file.sizeBytes
}
