import { describe, expect, it } from 'vitest'
import type { Values } from '../../src/adapters/values.ts'

/** What every place for values must do. @param make a place by name, which is the same place for the same name. */
export function valuesContract(name: string, make: (place: string) => Values): void {
  const fresh = () => `test-${crypto.randomUUID()}`

  describe(`the values contract: ${name}`, () => {
    it('gives back what was set, bytes within it too, to whoever comes later', async () => {
      const place = fresh()
      const value = { text: 'ä', list: [1, null, { bytes: new Uint8Array([0, 255, 7]) }], isOn: true }
      await make(place).set('a:key/with ../odd\\parts', value)
      expect(await make(place).get('a:key/with ../odd\\parts')).toEqual(value)
    })

    it('knows nothing of what was never set, and nothing of other places', async () => {
      const values = make(fresh())
      expect(await values.get('a')).toBeUndefined()
      expect(await values.entries()).toEqual([])
      await make(fresh()).set('a', 1)
      expect(await values.entries()).toEqual([])
    })

    it('keeps the last of many writes', async () => {
      const values = make(fresh())
      await Promise.all(Array.from({ length: 20 }, (_, number) => values.set('a', number)))
      expect(await values.get('a')).toBe(19)
    })

    it('sets many, lists them and forgets some', async () => {
      const values = make(fresh())
      await values.setMany([
        ['share:1', 'one'],
        ['share:2', 'two'],
        ['span:1', new Uint8Array(3)],
      ])
      await values.deleteMany(['share:1', 'never set'])
      const sorted = [...(await values.entries())].sort(([a], [b]) => (a < b ? -1 : 1))
      expect(sorted).toEqual([
        ['share:2', 'two'],
        ['span:1', new Uint8Array(3)],
      ])
      expect([...(await values.keys())].sort()).toEqual(['share:2', 'span:1'])
    })
  })
}
