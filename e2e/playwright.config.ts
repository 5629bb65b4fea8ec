import { defineConfig } from '@playwright/test'

/**
 * Each profile builds two pages of the browser's own address bar, which nobody sees here: a quarter of what it costs to
 * open a peer. The last list wins, so those are said again that Playwright 1.65 leaves out and that touch what we test.
 */
const WITHOUT_FEATURES = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
]

/** Debian's Chromium; flags as root in a container needs them. */
export const CHROMIUM = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--disable-features=${WITHOUT_FEATURES.join(',')}`,
  ],
}

/**
 * Specs of few browsers, which for much of their time wait for clocks, timeouts and other processes. They run beside the
 * others, which keep both cores busy.
 */
const WAITING = [
  'cli',
  'cluster',
  'faults*',
  'firefox',
  'handlers',
  'install',
  'lan',
  'late',
  'manners',
  'nearby',
  'scan',
  'tabs',
  'update',
  'wake',
].map((name) => `**/${name}.spec.ts`)

export default defineConfig({
  testDir: './specs',
  outputDir: './results',
  // Two cores: one spec at a time of either kind keeps real transfers steady.
  workers: 2,
  projects: [
    { name: 'busy', testIgnore: WAITING, workers: 1 },
    { name: 'waiting', testMatch: WAITING, workers: 1 },
  ],
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: '../.cache/e2e.json' }]],
  use: {
    browserName: 'chromium',
    launchOptions: CHROMIUM,
    video: 'off',
    trace: 'off',
    screenshot: 'only-on-failure',
  },
})
