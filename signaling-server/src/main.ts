import { randomInt } from 'node:crypto'
import { createRng } from '@ringdrop/shared/kernel/rng.ts'
import closeWithGrace from 'close-with-grace'
import { createNodeClock } from './adapters/node-clock.ts'
import { readArguments } from './arguments.ts'
import { readConfig, type ServerConfig } from './config.ts'
import { findPackage } from './package-info.ts'
import { describeConfig, explainListenError } from './messages.ts'
import { buildServer } from './server.ts'
import { CertificateError } from './tls/certificate-keeper.ts'
import { lanAddresses } from './tls/host-names.ts'
import { welcome } from './welcome.ts'

/** Time for a graceful shutdown, in milliseconds; after that the process exits anyway. */
const SHUTDOWN_MS = 3000

async function main(): Promise<void> {
  const { root, version } = findPackage(import.meta.url)
  const given = readArguments(process.argv.slice(2), process.env)
  if (!given.ok) return giveUp(given.errors)
  const result = readConfig(given.env, root)
  if (!result.ok) return giveUp(result.errors)
  try {
    await serve(result.config, version)
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    giveUp([error.message])
  }
}

async function serve(config: ServerConfig, version: string): Promise<void> {
  const rng = createRng(randomInt(2 ** 32))
  const { app, allowList, certificate } = await buildServer(config, {
    clock: createNodeClock(),
    wallClock: Date.now,
    rng,
    version,
  })
  print(describeConfig(config, version))
  try {
    await app.listen({ port: config.port, host: config.host, listenTextResolver: () => 'listening' })
  } catch (error) {
    await app.close()
    return giveUp([explainListenError(error, config)])
  }
  const { tls, host } = config
  // Browsers take the app from other machines only over HTTPS.
  const isOpenToAll = certificate !== null && (host === '::' || host === '0.0.0.0')
  print(
    welcome({
      origins: [...allowList.origins],
      lanAddresses: isOpenToAll ? lanAddresses() : [],
      fingerprint: tls.mode === 'self-signed' ? (certificate?.fingerprint ?? null) : null,
      // Missing, not false, when lines go to a file.
      hasColours: Boolean(process.stdout.isTTY) && process.env['NO_COLOR'] === undefined,
    }),
  )
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
