import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import type { Values } from '../adapters/values.ts'
import type { Item, NodeMemory } from './node-memory.ts'
import { nameSchema, type Name } from './node-memory.ts'

const PREFIX = 'forget-'
const schema = v.array(nameSchema)

/**
 * What a node that runs is asked to forget: files beside what it remembers, which it looks at now and then. It takes
 * each away once that is done, and so answers.
 */
export class ForgetRequests {
  /** @param values those of the node's memory. */
  constructor(readonly values: Values) {}

  /** Asks. @returns the key of the request. */
  async put(names: readonly Name[]): Promise<string> {
    const key = PREFIX + randomBytes(8).toString('hex')
    await this.values.set(key, names)
    return key
  }

  /** Whether it was done. */
  async isTaken(key: string): Promise<boolean> {
    return !(await this.values.keys()).includes(key)
  }

  /** Nobody asks any more. */
  withdraw(key: string): Promise<void> {
    return this.values.deleteMany([key])
  }

  /** Does all that is asked. @returns what was forgotten. */
  async fulfil(memory: NodeMemory): Promise<Item[]> {
    const keys = (await this.values.keys()).filter((key) => key.startsWith(PREFIX))
    const forgotten: Item[] = []
    for (const key of keys) {
      const names = v.safeParse(schema, await this.values.get(key))
      const items = names.success ? names.output.flatMap((name) => memory.itemsOf(name)) : []
      await memory.forget(items)
      await this.values.deleteMany([key])
      forgotten.push(...items)
    }
    return forgotten
  }
}
