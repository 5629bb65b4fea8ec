/** Kinds of files, by the ending of their name: a hint for people, never a promise about the content. */
import { displayExtension, isExecutableName } from '@ringdrop/shared/content/file-names.ts'
import type { HitView } from '@ringdrop/shared/node/searches.ts'
import { previewOf } from './preview.ts'

export type FileKind = 'video' | 'audio' | 'image' | 'document' | 'archive' | 'program' | 'other'
export const FILE_KINDS: readonly FileKind[] = [
  'video',
  'audio',
  'image',
  'document',
  'archive',
  'program',
  'other',
]
export type SizeClass = 'small' | 'medium' | 'large'
export const SIZE_CLASSES: readonly SizeClass[] = ['small', 'medium', 'large']

const MORE: Readonly<Record<string, FileKind>> = {
  avi: 'video',
  wmv: 'video',
  mpg: 'video',
  mpeg: 'video',
  ts: 'video',
  wma: 'audio',
  aiff: 'audio',
  mid: 'audio',
  svg: 'image',
  tif: 'image',
  tiff: 'image',
  heic: 'image',
  psd: 'image',
  pdf: 'document',
  doc: 'document',
  docx: 'document',
  odt: 'document',
  xls: 'document',
  xlsx: 'document',
  ods: 'document',
  ppt: 'document',
  pptx: 'document',
  odp: 'document',
  epub: 'document',
  mobi: 'document',
  rtf: 'document',
  zip: 'archive',
  '7z': 'archive',
  rar: 'archive',
  gz: 'archive',
  tgz: 'archive',
  xz: 'archive',
  zst: 'archive',
  tar: 'archive',
  iso: 'archive',
}

/** @param name sanitised. */
export function kindOf(name: string): FileKind {
  if (isExecutableName(name)) return 'program'
  const preview = previewOf(name)
  if (preview !== null) return preview.kind === 'text' ? 'document' : preview.kind
  return MORE[displayExtension(name).toLowerCase()] ?? 'other'
}

/** Bounds of the classes, in bytes: 10 MB and 1 GB; our choice. */
export function sizeClassOf(sizeBytes: number): SizeClass {
  if (sizeBytes <= 10e6) return 'small'
  return sizeBytes <= 1e9 ? 'medium' : 'large'
}

export interface HitFilter {
  readonly kind: FileKind | 'all'
  readonly size: SizeClass | 'all'
}

/** The hits that a filter lets through. */
export function filterHits(hits: readonly HitView[], { kind, size }: HitFilter): HitView[] {
  return hits.filter(({ listing }) => {
    const isKind = kind === 'all' || kindOf(listing.name) === kind
    return isKind && (size === 'all' || sizeClassOf(listing.sizeBytes) === size)
  })
}
