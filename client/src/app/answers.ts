import type { AppErrorCode } from './api.ts'

/** Answers to commands. */
export interface Failure {
  readonly ok: false
  readonly code: AppErrorCode
}
export interface Success<Value> {
  readonly ok: true
  readonly value: Value
}

export const fail = (code: AppErrorCode): Failure => ({ ok: false, code })
export const ok = <Value>(value: Value): Success<Value> => ({ ok: true, value })
