import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it, vi } from 'vitest'
import { Buffer } from '../../src/adapters/simple-peer/buffer.ts'
import { Duplex } from '../../src/adapters/simple-peer/duplex.ts'

const require = createRequire(import.meta.url)
const source = readFileSync(require.resolve('simple-peer'), 'utf8')
const found = (pattern: RegExp): string[] =>
  [...new Set([...source.matchAll(pattern)].map((match) => match[1] ?? ''))].sort()

describe('what simple-peer is built with', () => {
  it('is all that its source asks for', () => {
    expect(found(/require\('([^']+)'\)/g)).toEqual(
      [
        'buffer',
        'debug',
        'err-code',
        'get-browser-rtc',
        'queue-microtask',
        'randombytes',
        'readable-stream',
      ].sort(),
    )
    expect(found(/\bstream\.([A-Z]\w*)/g)).toEqual(['Duplex'])
    expect(found(/\bBuffer\.(\w+)/g)).toEqual(['from'])
    expect(found(/(?<!this\.)\brandombytes\((\d+)\)\.toString\('hex'\)/g)).toEqual(['20', '4'])
    expect(found(/this\._(?:readable|writable)State\.(\w+)/g)).toEqual(['ended', 'finished'])
  })

  it('has every method of a stream that simple-peer calls on itself', () => {
    const own = new Set(found(/^ {2}(?:get |set )?(\w+) \(/gm))
    // Functions that it was given or keeps, none of a stream.
    const kept = ['_cb', '_interval', '_onFinishBound', 'sdpTransform']
    const called = found(/\bthis\.(\w+) ?\(/g).filter((name) => !own.has(name) && !kept.includes(name))
    expect(called).toEqual(['emit', 'end', 'once', 'push', 'removeListener'])
    const duplex = new Duplex()
    for (const name of called) expect(duplex[name as 'emit'], name).toBeTypeOf('function')
  })

  it('tells what comes at once, and takes no options for itself', () => {
    const options = { objectMode: true }
    const duplex = new Duplex(options)
    expect(options).toEqual({ objectMode: true })
    const heard = vi.fn()
    duplex.on('data', heard)
    const memory = new ArrayBuffer(4)
    const bytes = Buffer.from(memory)
    expect(bytes.buffer).toBe(memory)
    duplex.push(bytes)
    expect(heard).toHaveBeenCalledExactlyOnceWith(bytes)
    duplex.push(null)
    duplex.end()
    expect(heard).toHaveBeenCalledOnce()
    expect([duplex._readableState.ended, duplex._writableState.finished]).toEqual([true, true])
  })
})
