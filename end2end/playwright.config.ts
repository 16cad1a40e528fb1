import { defineConfig } from '@playwright/test';

import { CHROMIUM, CHROMIUM_ARGS, FAKE_DEVICES } from './fixtures/chromium';

export default defineConfig({
  testDir: './tests',
  testIgnore: process.env.SCREENSHOTS ? [] : ['**/screenshots.spec.ts'],
  // One browser at a time: calls encode and decode video, and a starved call proves nothing.
  workers: 1,
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
    // No film: to record one takes a third of the time that a call has.
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: CHROMIUM, args: [...CHROMIUM_ARGS, ...FAKE_DEVICES] },
  },
});
