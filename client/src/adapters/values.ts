/**
 * Named values that outlive the node: plain data and byte arrays. What comes back is `unknown`, since anything may
 * have happened to it meanwhile. Contract: `test/values.contract.ts`.
 */
export interface Values {
  /** `undefined` when there is none. */
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<void>
  setMany(entries: readonly (readonly [string, unknown])[]): Promise<void>
  deleteMany(keys: readonly string[]): Promise<void>
  entries(): Promise<readonly (readonly [string, unknown])[]>
  /** Names alone, which costs little however large the values are. */
  keys(): Promise<readonly string[]>
}
