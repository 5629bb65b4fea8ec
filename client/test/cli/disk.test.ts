import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix, relative, sep, win32 } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createInfo, type ShareInfo } from '@ringdrop/shared/content/metainfo.ts'
import { HashTree } from '@ringdrop/shared/content/merkle.ts'
import { deliver, findDelivered, ownFile } from '../../src/adapters/node/delivery.ts'
import { DiskHasher } from '../../src/adapters/node/disk-hasher.ts'
import { DiskStorage, placesOf } from '../../src/adapters/node/disk-storage.ts'
import { FileValues } from '../../src/adapters/node/file-values.ts'
import { loadKeyFile } from '../../src/adapters/node/key-file.ts'
import { OwnFiles } from '../../src/adapters/node/own-files.ts'
import { isInside, pickPaths } from '../../src/adapters/node/picked-paths.ts'
import { StateStore } from '../../src/adapters/state-store.ts'
import { findWhole } from '../../src/cli/downloads.ts'

const fresh = () => mkdtempSync(join(tmpdir(), 'ringdrop-disk-'))

/** A share whose files hold one byte each, or nothing when the name ends in `empty`. */
function shareOf(name: string, paths: readonly (readonly string[])[]): ShareInfo {
  const root = HashTree.fromLeaves(new Uint8Array(createHash('sha256').update('x').digest())).root
  const files = paths.map((path) =>
    path.at(-1)?.endsWith('empty') === true
      ? { path, sizeBytes: 0, root: null }
      : { path, sizeBytes: 1, root },
  )
  const info = createInfo({ name, files, pieceBytes: 262_144 })
  if (!info.ok) throw new Error(info.code)
  return info.value
}

async function download(storage: DiskStorage, info: ShareInfo): Promise<void> {
  storage.learn(info)
  const files = storage.open(
    info.infoHash,
    info.files.map(({ sizeBytes }) => sizeBytes),
  )
  for (const [index, { sizeBytes }] of info.files.entries())
    if (sizeBytes > 0) await files.write(index, 0, new Uint8Array(Buffer.from('x')))
  await files.close()
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()

describe('downloads on disk', () => {
  it('are kept apart until they are whole, then get their names in one step', async () => {
    const out = fresh()
    const storage = new DiskStorage(join(out, '.ringdrop'))
    const info = shareOf('album', [['a.txt'], ['sub', 'b.txt'], ['sub', 'empty']])
    await download(storage, info)
    expect(filesUnder(out).every((path) => path.startsWith('.ringdrop/'))).toBe(true)
    expect(await storage.list()).toEqual([info.infoHash])
    const paths = await deliver(storage, info, out)
    expect(filesUnder(out)).toEqual(['album/a.txt', 'album/sub/b.txt', 'album/sub/empty'])
    expect(paths.map((path) => relative(out, path)).sort()).toEqual(filesUnder(out))
    expect(existsSync(join(out, '.ringdrop'))).toBe(false)
    const { signal } = new AbortController()
    expect(await findDelivered(info, out)).toHaveLength(3)
    expect((await findWhole(info, out, signal))?.files).toHaveLength(3)
    writeFileSync(join(out, 'album/a.txt'), 'y')
    expect(await findWhole(info, out, signal)).toBeNull()
  })

  it.each([
    ['a file', 'note.txt', [['note.txt']], 'note (2).txt'],
    ['a folder', 'note.txt', [['in.txt']], 'note (2).txt/in.txt'],
    ['another case', 'NOTE.txt', [['NOTE.txt']], 'NOTE (2).txt'],
  ])('never replace what is there: %s', async (_, name, paths, expected) => {
    const out = fresh()
    writeFileSync(join(out, 'note.txt'), 'mine')
    const storage = new DiskStorage(join(out, '.ringdrop'))
    const info = shareOf(name, paths)
    await download(storage, info)
    await deliver(storage, info, out)
    expect(readFileSync(join(out, 'note.txt'), 'utf8')).toBe('mine')
    expect(filesUnder(out)).toEqual([expected, 'note.txt'].sort())
  })

  it.each([
    ['a name that climbs', '..', [['x']]],
    ['a name with a path in it', '../../etc/cron.d/job', [['../../etc/cron.d/job']]],
    ['an absolute path', '/etc/passwd', [['/etc/passwd']]],
    ['our own folder', '.ringdrop', [['state', 'x']]],
    ['a hidden file', '.bashrc', [['.bashrc']]],
    ['a device', 'con', [['nul'], ['aux', 'x']]],
    ['controls', 'a\u001b[2Jb', [['\u0000x'], ['y\n']]],
  ])('stay in their folder whatever their names are: %s', async (_, name, paths) => {
    const parent = fresh()
    const out = join(parent, 'out')
    mkdirSync(out)
    let info: ShareInfo
    try {
      info = shareOf(name, paths)
    } catch {
      // Such a share does not even decode.
      return
    }
    const storage = new DiskStorage(join(out, '.ringdrop'))
    await download(storage, info)
    for (const path of await deliver(storage, info, out)) {
      expect(relative(out, path).split(sep)).not.toContain('..')
      expect(relative(out, path)).toMatch(/^[^.]/)
    }
    expect(readdirSync(parent)).toEqual(['out'])
    expect(placesOf(info).flat().join('')).not.toMatch(/[\p{Cc}/\\]/u)
    expect(filesUnder(out)).toHaveLength(info.files.length)
  })

  it('are not written through a symbolic link', async () => {
    const out = fresh()
    const victim = join(fresh(), 'victim')
    writeFileSync(victim, 'mine')
    const storage = new DiskStorage(join(out, '.ringdrop'))
    const info = shareOf('a', [['a']])
    mkdirSync(storage.folderOf(info.infoHash), { recursive: true })
    symlinkSync(victim, join(storage.folderOf(info.infoHash), 'a'))
    await expect(download(storage, info)).rejects.toThrow()
    expect(readFileSync(victim, 'utf8')).toBe('mine')
  })
})

describe('own files', () => {
  it('are what was picked: links that lead out are left out', async () => {
    const folder = join(fresh(), 'picked')
    mkdirSync(join(folder, 'sub'), { recursive: true })
    writeFileSync(join(folder, 'a'), '1')
    writeFileSync(join(folder, 'sub/b'), '22')
    symlinkSync('/etc/passwd', join(folder, 'out'))
    symlinkSync('a', join(folder, 'same'))
    symlinkSync('.', join(folder, 'loop'))
    symlinkSync('nowhere', join(folder, 'broken'))
    // A name that is no UTF-8.
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'z')), Buffer.of(0xff)]), '')
    const picked = await pickPaths([folder])
    if (!picked.ok) throw new Error(picked.because)
    expect(picked.files.map(({ path }) => path.join('/'))).toEqual([
      'picked/a',
      'picked/same',
      'picked/sub/b',
    ])
    expect(picked.skipped.map(({ because }) => because)).toEqual([
      'brokenLink',
      'linkToFolder',
      'linkOutside',
      'unreadable',
    ])
    expect(await pickPaths([join(folder, 'none')])).toMatchObject({ ok: false, because: 'missing' })
    expect(await pickPaths(['/dev/null'])).toMatchObject({ ok: false, because: 'special' })
  })

  it.each([
    ['a file twice', ['a', './a', 'link/../a'], ['a'], 0],
    ['a file by way of a folder that is a link', ['sub/b', 'link/b'], ['b'], 0],
    ['a folder and a file in it', ['sub', 'sub/b'], ['sub/b', 'sub/same'], 1],
    ['a file and its folder', ['sub/b', 'a', 'sub'], ['a', 'sub/b', 'sub/same'], 1],
    [
      'a folder and one in it',
      ['.', 'sub'],
      ['picked/a', 'picked/sub/b', 'picked/sub/out', 'picked/sub/same'],
      1,
    ],
    ['a folder and a link in it', ['sub', 'sub/same'], ['sub/b', 'sub/same'], 1],
    ['a folder and a link in it that leads out', ['sub', 'sub/out'], ['sub/b', 'sub/same', 'out'], 0],
    ['a file under two names', ['sub/b', 'sub/same'], ['b', 'same'], 0],
    ['a folder under two names', ['sub', 'link'], ['sub/b', 'sub/same', 'link/b', 'link/same'], 2],
    ['two files of one name', ['b', 'sub/b'], ['b', 'b'], 0],
  ])('count once where they are named twice: %s', async (_, names, expected, skipped) => {
    const folder = join(fresh(), 'picked')
    mkdirSync(join(folder, 'sub'), { recursive: true })
    for (const name of ['a', 'b', 'sub/b']) writeFileSync(join(folder, name), name)
    symlinkSync('b', join(folder, 'sub/same'))
    symlinkSync('../a', join(folder, 'sub/out'))
    symlinkSync('sub', join(folder, 'link'))
    const picked = await pickPaths(names.map((name) => `${folder}/${name}`))
    if (!picked.ok) throw new Error(picked.because)
    const found = picked.files.map(({ path }) => path.join('/'))
    expect(found.filter((path) => path !== 'picked/b')).toEqual(expected)
    expect(picked.skipped).toHaveLength(skipped)
  })

  it.each([
    ['in the folder', 'C:\\a', 'C:\\a\\b', win32, true],
    ['with a name that begins with dots', 'C:\\a', 'C:\\a\\..b', win32, true],
    ['beside the folder', 'C:\\a', 'C:\\ab', win32, false],
    ['above it', 'C:\\a\\b', 'C:\\a', win32, false],
    ['on another drive', 'C:\\a', 'D:\\secrets.txt', win32, false],
    ['on another machine', 'C:\\a', '\\\\host\\disk\\secrets.txt', win32, false],
    ['below a picked drive', 'C:\\', 'C:\\a', win32, true],
    ['in the folder, elsewhere', '/a', '/a/b', posix, true],
    ['beside it, elsewhere', '/a', '/ab', posix, false],
  ])('hold a link that leads to a file: %s', (_, folder, path, rules, expected) => {
    expect(isInside(folder, path, rules)).toBe(expected)
  })

  it('are no longer read once they are changed or replaced', async () => {
    const folder = fresh()
    const path = join(folder, 'a')
    writeFileSync(path, 'before')
    const file = await ownFile(path)
    if (file === null) throw new Error('unreachable')
    const job = { files: [file], onProgress: () => undefined }
    expect(await new DiskHasher().hash(job)).toHaveLength(1)
    const readFrom = (files: OwnFiles) => files.forward(0, 0).fill(new ArrayBuffer(8))
    expect(await readFrom(new OwnFiles([file]))).toHaveLength(6)
    writeFileSync(path, 'after, and longer')
    await expect(readFrom(new OwnFiles([file]))).rejects.toThrow()
    expect(await new DiskHasher().hash(job)).toBeNull()
  })

  it('are no longer read once they are edited in place, though they are open', async () => {
    const path = join(fresh(), 'a')
    writeFileSync(path, 'before')
    // Long ago: times of files are coarse, and two writes of one moment may have the same.
    utimesSync(path, 1, 1)
    const files = new OwnFiles([(await ownFile(path)) ?? expect.unreachable()])
    const reader = files.forward(0, 0)
    expect(await reader.fill(new ArrayBuffer(3))).toHaveLength(3)
    writeFileSync(path, 'edited')
    await expect(reader.fill(new ArrayBuffer(3))).rejects.toThrow('another one')
    await expect(files.forward(0, 0).fill(new ArrayBuffer(6))).rejects.toThrow('another one')
    await files.close()
  })
})

describe('the key in a file', () => {
  it('is for its owner alone, found again, and made anew when it is none', async () => {
    const path = join(fresh(), 'sub/key.json')
    const first = await loadKeyFile(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    chmodSync(path, 0o644)
    expect((await loadKeyFile(path)).peerId).toBe(first.peerId)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const stored = JSON.parse(readFileSync(path, 'utf8'))
    const other = JSON.parse(readFileSync(await keyAt(), 'utf8'))
    for (const broken of ['', '{}', '[1]', JSON.stringify({ ...stored, d: other.d })]) {
      writeFileSync(path, broken)
      expect((await loadKeyFile(path)).peerId).not.toBe(first.peerId)
    }
  })

  async function keyAt(): Promise<string> {
    const path = join(fresh(), 'key.json')
    await loadKeyFile(path)
    return path
  }
})

describe('state in files', () => {
  it('is dropped when it does not read back as itself', async () => {
    const folder = fresh()
    const values = new FileValues(folder)
    const store = new StateStore(values)
    await store.saveLimits({ uploadRate: 5, downloadRate: null })
    expect(await store.limits()).toEqual({ uploadRate: 5, downloadRate: null })
    writeFileSync(join(folder, 'limits.json'), '{"uploadRate":')
    expect(await store.limits()).toEqual({ uploadRate: null, downloadRate: null })
    writeFileSync(join(folder, '%zz.json'), '1')
    writeFileSync(join(folder, '.limits.json.0.tmp'), '1')
    expect(await values.entries()).toEqual([])
  })
})
