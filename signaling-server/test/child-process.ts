import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

/** Kept of what a program says, for the error when it ends. */
const KEPT_CHARACTERS = 4_000

/** Waits until a program says that it is ready. Rejects when it can't be started, or ends instead. */
export async function untilItSays(child: ChildProcess, output: Readable, words: string): Promise<void> {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    output.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARACTERS)
      if (said.includes(words)) resolve()
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`${child.spawnfile} ended: ${said}`)))
  })
}

/** SIGKILL, as a crash would be; waits until it is gone. */
export async function killAndWait(child: ChildProcess | null): Promise<void> {
  if (child === null || (child.exitCode ?? child.signalCode) !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}
