import { playwright } from '@vitest/browser-playwright'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { SIMPLE_PEER_ALIASES } from './client/aliases.ts'

/** Debian's Chromium; Playwright's own download is not used. Flags as root in a container needs them. */
const CHROMIUM = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--js-flags=--expose-gc',
  ],
}

/** Real processes under load, and the million inputs: `npm test` runs them, `npm run check` does not. */
const LONG = [
  'signaling-server/test/abuse/**/*.test.ts',
  'signaling-server/test/cluster.test.ts',
  'shared/test/fuzz/**/*.test.ts',
]

/** Projects run one after the other, with so many files at once: what measures itself under load has the machine alone. */
const inTurn = (groupOrder: number, maxWorkers: number) => ({ maxWorkers, sequence: { groupOrder } })

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['shared/test/**/*.test.ts', 'signaling-server/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...LONG],
          // Nothing there keeps state in modules or puts something else in their place: two threads load them once, which
          // saves a third of the time.
          isolate: false,
          // Whole simulated networks, two at once.
          testTimeout: 60_000,
          ...inTurn(0, 2),
        },
      },
      {
        plugins: [svelte({ configFile: './client/svelte.config.js' })],
        test: {
          name: 'client',
          environment: 'node',
          include: ['client/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'client/test/browser/**'],
          testTimeout: 60_000,
          ...inTurn(0, 2),
        },
      },
      {
        test: { name: 'long', environment: 'node', include: LONG, testTimeout: 60_000, ...inTurn(1, 1) },
      },
      {
        resolve: { alias: SIMPLE_PEER_ALIASES },
        // Found by and by, it would load the page anew in the middle of a test.
        optimizeDeps: { include: ['simple-peer'] },
        test: {
          name: 'browser',
          include: ['client/test/browser/**/*.test.ts'],
          testTimeout: 30_000,
          ...inTurn(2, 1),
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: CHROMIUM }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
