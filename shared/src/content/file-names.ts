/**
 * Names of files as other people write them, made fit to be shown and stored. Rules after croc's `receivefs`
 * (UTF-8, NFC, no control or format characters, no device names, case-folded collisions, file under file).
 */
import { utf8Decode, utf8Encode } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'

/** What stands in for a character that may not be in a name, and for a name of which nothing is left. */
const FILLER = '_'
/** A longer "extension" is just part of the name, and may be cut. */
const MAX_EXTENSION_BYTES = 32

/** Invisible: format characters (bidi overrides, zero-width, byte order mark) and what renders as nothing. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
/** Controls, line breaks, noncharacters, path separators, and what Windows forbids (`:` also opens streams). */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}/\\:*?"<>|]/gu
/** ASCII without any of them, short, and with no dot or space at its ends: most names, which need no more than a look. */
const PLAIN = /^(?![. ])[\w !#$%&'()+,.;=@[\]^`{}~-]{1,200}(?<![. ])$/
/** Windows drops these at the end of a name; Unix hides names that begin with a dot. */
const EDGE = /^[.\p{Z}]$/u
/** Device names of Windows, which count with any extension too (Microsoft, "Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])$/i

/** Extensions that a desktop system runs on opening: from Chromium's list of dangerous file types. */
const EXECUTABLE = new Set(
  (
    'ad ade adp apk app appimage application appref-ms appx appxbundle asp bas bash bat bin cfg chm cmd com command ' +
    'cpl crt csh deb desktop dll dmg drv exe fish gadget grp hlp hta inf ini inx ipa iso isp jar js jse ksh lnk ' +
    'local mad maf mag mam manifest maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz mht mhtml mof mpkg msc msh ' +
    'msh1 msh2 mshxml msi msix msp mst ocx ops osx out paf pcd pif pkg pl plg prf prg ps1 ps1xml ps2 ps2xml psc1 ' +
    'psc2 psm1 pst py pyc pyo pyw rb reg rgs rpm run scf scr sct search-ms settingcontent-ms sh shar shb shs sys ' +
    'tcsh terminal theme tool url vb vbe vbs vbscript vhd vhdx vsd vsmacros vss vst vsw vxd website workflow ws wsc ' +
    'wsf wsh xbap xll xnk xrm-ms zsh'
  ).split(' '),
)

/**
 * One safe path component: NFC, 1 to 255 UTF-8 bytes, no separators, controls or invisible characters, no dots or
 * spaces at the ends, no device name. Idempotent, and the same on every system. Lone surrogates become U+FFFD.
 */
export function sanitizeName(raw: string): string {
  if (PLAIN.test(raw) && !isDevice(raw)) return raw
  const wellFormed = utf8Decode(utf8Encode(raw)) ?? ''
  const visible = wellFormed.normalize('NFC').replace(INVISIBLE, '').replace(FORBIDDEN, FILLER)
  const fitting = fit(trimEdges(visible.normalize('NFC')), '')
  // Cutting and trimming can bring a device name forth, so it is looked for after them.
  const harmless = isDevice(fitting) ? fit(FILLER + fitting, '') : fitting
  return harmless || FILLER
}

function isDevice(name: string): boolean {
  const [stem] = splitAt(name, name.indexOf('.'))
  return DEVICE.test(trimEdges(stem))
}

/**
 * Safe paths for all files of a share, one for each given path. Twins (after case folding and NFC, or one name for
 * a file and a folder) are numbered: `name (2).txt`. A folder keeps its files together. Idempotent.
 */
export function sanitizePaths(paths: readonly (readonly string[])[]): string[][] {
  const root = new Folder()
  return paths.map((path) => {
    const safe: string[] = []
    let folder = root
    for (const raw of path.slice(0, -1)) {
      const child = folder.child(raw)
      safe.push(child.name)
      folder = child.folder
    }
    safe.push(folder.claim(path.at(-1) ?? ''))
    return safe
  })
}

/** The real extension, to be shown apart from the name: lower case, without its dot; empty when there is none. */
export function displayExtension(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase()
}

/** True when opening a file of this name may run it. A warning, not a guard. @param name sanitized. */
export function isExecutableName(name: string): boolean {
  return EXECUTABLE.has(displayExtension(name))
}

/** Names already given within one folder. */
class Folder {
  readonly #children = new Map<string, { readonly name: string; readonly folder: Folder }>()
  readonly #taken = new Set<string>()
  /** The number to try next, for each name that had a twin. */
  readonly #numbers = new Map<string, number>()

  /** The subfolder that stands for the raw name `raw`. */
  child(raw: string): { readonly name: string; readonly folder: Folder } {
    const known = this.#children.get(raw)
    if (known !== undefined) return known
    const child = { name: this.claim(raw), folder: new Folder() }
    this.#children.set(raw, child)
    return child
  }

  /** A safe name that nothing else in this folder has. */
  claim(raw: string): string {
    const wanted = sanitizeName(raw)
    const key = foldCase(wanted)
    if (!this.#taken.has(key)) {
      this.#taken.add(key)
      return wanted
    }
    let name = wanted
    let number = this.#numbers.get(key) ?? 2
    while (this.#taken.has(foldCase(name))) name = fit(wanted, ` (${number++})`)
    this.#numbers.set(key, number)
    this.#taken.add(foldCase(name))
    return name
  }
}

/** Equal for names that some file system takes for one. Lower, upper, lower: so `ẞ`, `ß` and `ss` meet. */
function foldCase(name: string): string {
  if (PLAIN.test(name)) return name.toLowerCase()
  return name.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().normalize('NFC')
}

/** Puts `suffix` before the extension and cuts the stem so that the whole has at most 255 bytes. */
function fit(name: string, suffix: string): string {
  const dot = name.lastIndexOf('.')
  const hasExtension = dot > 0 && utf8Encode(name.slice(dot)).length <= MAX_EXTENSION_BYTES
  const [stem, extension] = splitAt(name, hasExtension ? dot : -1)
  const room = LIMITS.nameBytes - utf8Encode(suffix + extension).length
  const cut = cutBytes(stem, room)
  return trimEdges((cut === stem ? stem : trimEdges(cut)) + suffix + extension)
}

/** The longest beginning of `text` that has at most `room` UTF-8 bytes, in whole code points. */
function cutBytes(text: string, room: number): string {
  const bytes = utf8Encode(text)
  if (bytes.length <= room) return text
  let end = room
  // 10xxxxxx continues a code point.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return utf8Decode(bytes.subarray(0, end)) ?? ''
}

/** Without dots and spaces at either end. Linear, unlike the regular expression for it. */
function trimEdges(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && EDGE.test(text.charAt(start))) start++
  while (end > start && EDGE.test(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

/** @param index -1 means that everything is in the first part. */
function splitAt(text: string, index: number): [string, string] {
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index)]
}
