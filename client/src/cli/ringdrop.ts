#!/usr/bin/env node
import { homedir } from 'node:os'
import process from 'node:process'
import { OutputRefused } from './failure.ts'

/** The command `ringdrop`: this process's streams and signals, and nothing else. */

const ending = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    // Whoever asks twice does not want to wait.
    if (ending.signal.aborted) process.exit(130)
    ending.abort(new Error(name))
  })
// Whoever reads us may stop reading, and disks get full.
process.stdout.on('error', (error) => ending.abort(new OutputRefused(error)))
// Remarks that nobody can read are no reason to stop.
process.stderr.on('error', () => undefined)

const { run } = await import('./run.ts')
const code = await run({
  args: process.argv.slice(2),
  env: process.env,
  home: homedir(),
  out: process.stdout,
  err: process.stderr,
  signal: ending.signal,
  flush: async () => {
    for (const stream of [process.stdout, process.stderr])
      // Streams tell of an error some ticks after they call back.
      await new Promise((resolve) => stream.write('', () => setImmediate(resolve)))
  },
})
// Threads of WebRTC would keep the process.
process.exit(code)
