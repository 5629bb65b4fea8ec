import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, checkNode, installPackages, root } from './lib.mjs'

/** `npm start`: installs what is missing, builds what has changed, serves the app. */
checkNode()
installPackages()
build()
const server = spawn(
  process.execPath,
  [join(root, 'signaling-server/dist/main.js'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal))
server.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)))
