import { randomInt } from 'node:crypto'
import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import closeWithGrace from 'close-with-grace'
import { createNodeClock } from './adapters/node-clock.ts'
import { readConfig, type ServerConfig } from './config.ts'
import { findPackage } from './package-info.ts'
import { describeConfig, explainListenError } from './messages.ts'
import { buildServer } from './server.ts'

/** Time for a graceful shutdown, in milliseconds; after that the process exits anyway. */
const SHUTDOWN_MS = 3000

async function main(): Promise<void> {
  const { root, version } = findPackage(import.meta.url)
  const result = readConfig(process.env, root)
  if (!result.ok) return giveUp(result.errors)
  await serve(result.config, version)
}

async function serve(config: ServerConfig, version: string): Promise<void> {
  const rng = createRng(randomInt(2 ** 32))
  const { app, allowList } = await buildServer(config, { clock: createNodeClock(), rng, version })
  print(describeConfig(config, version))
  try {
    await app.listen({ port: config.port, host: config.host, listenTextResolver: () => 'listening' })
  } catch (error) {
    await app.close()
    return giveUp([explainListenError(error, config)])
  }
  print(['Open one of:', ...[...allowList.origins].map((origin) => `  ${origin}`)])
  closeWithGrace({ delay: SHUTDOWN_MS }, async ({ err }) => {
    if (err !== undefined) app.log.error(err)
    await app.close()
  })
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

function giveUp(errors: readonly string[]): void {
  process.stderr.write(`${errors.join('\n')}\n`)
  process.exitCode = 1
}

await main()
