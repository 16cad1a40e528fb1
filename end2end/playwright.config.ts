import { defineConfig } from '@playwright/test';

import { CHROMIUM, CHROMIUM_ARGS, FAKE_DEVICES, SLOW_CAMERA } from './fixtures/chromium';

/** Each in networks of its own, which no other test may see come and go. */
const NETWORKS = ['**/anywhere.spec.ts'];
/** What fills a machine by itself or changes its networks: with nothing beside it. */
const MEDIA = ['captures', 'chaos-*', 'files', 'firefox', 'in-time', 'pointer', 'rooms-of-*', 'saving', 'screen', 'screenshots', 'warm'].map((name) => `**/${name}.spec.ts`);

const chromium = (...args: string[]) => ({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGS, ...args] });

export default defineConfig({
  testDir: './tests',
  testIgnore: process.env.SCREENSHOTS ? [] : ['**/screenshots.spec.ts'],
  // Of some promises a longer proof is for the night (scripts/test.sh full), and a shorter one for every run.
  grepInvert: process.env.FULL ? [] : [/@full/],
  // scripts/test.sh runs the projects one after the other, and of all but `media` two tests at a time.
  workers: 1,
  projects: [
    {
      name: 'light',
      testIgnore: [...NETWORKS, ...MEDIA],
      // Facts about pages and calls hold for ten pictures a second, too, and two tests leave each other time.
      use: { launchOptions: chromium(...SLOW_CAMERA) },
    },
    { name: 'networks', testMatch: NETWORKS, fullyParallel: true, use: { launchOptions: chromium(...SLOW_CAMERA) } },
    { name: 'media', testMatch: MEDIA, use: { launchOptions: chromium(...FAKE_DEVICES) }, workers: 1 },
  ],
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['./fixtures/figures.ts']],
  use: {
    browserName: 'chromium',
    locale: 'en-US',
    colorScheme: 'light',
    viewport: { width: 1280, height: 800 },
    actionTimeout: 20_000,
    navigationTimeout: 20_000,
    // No film: to record one takes a third of the time that a call has. A trace takes a tenth; where nobody opens it, none.
    trace: process.env.CI ? 'off' : { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
  },
});
