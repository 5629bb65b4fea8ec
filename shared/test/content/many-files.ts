import { utf8Encode } from '../../src/kernel/bytes.ts'
import { fileRootOf } from '../../src/content/merkle.ts'
import type { ShareFile } from '../../src/content/metainfo.ts'
import { sha256 } from '../../src/content/sha256.ts'

/** Files with names of many kinds in folders, some empty, in no order. */
export const manyFiles = (count: number): ShareFile[] =>
  Array.from({ length: count }, (_, index) => {
    const number = (index * 7_919) % count
    const name = `${['é', '字', 'b', 'Z', '~'][number % 5] ?? ''} ${String(number)}.jpg`
    const root = number % 50 === 0 ? null : fileRootOf(sha256(utf8Encode(String(number))))
    const folders = number % 3 === 0 ? [] : [`folder ${String(number % 40)}`, 'inner']
    return { path: [...folders, name], sizeBytes: root === null ? 0 : number + 1, root }
  })
