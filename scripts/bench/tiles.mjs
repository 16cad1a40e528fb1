// How much of a core the page's own program takes in a room full of others with their cameras off, by Chromium's profiler.
// The server has to seat as many (rooms.capacity).
//   node tiles.mjs URL [PEOPLE [SECONDS]]     8 people and 10 seconds unless told
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../end2end/package.json', import.meta.url))('playwright-core');

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];
/** Not the page's: waiting, and the browser itself between two scripts. */
const BROWSER = ['(idle)', '(program)', '(root)'];

const [url, people = '8', seconds = '10'] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || undefined, args: ARGS });
try {
  const room = String(Date.now());
  const pages = [];
  for (let count = 0; count < Number(people); count += 1) {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(`${url}/room/${room}`);
    await page.locator('#connect-button').click();
    await page.locator('main[data-phase="in-call"]').waitFor();
    await page.locator('.dock #camera-button').click();
    pages.push(page);
  }
  const [page] = pages;
  const others = Number(people) - 1;
  await page.waitForFunction((others) => document.querySelectorAll('[data-peer][data-link="connected"][data-camera="off"]').length === others, others, { timeout: 120_000 });
  const session = await page.context().newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.start');
  await page.waitForTimeout(Number(seconds) * 1000);
  const { profile } = await session.send('Profiler.stop');
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const own = profile.samples.reduce((sum, id, at) => (BROWSER.includes(names.get(id)) ? sum : sum + profile.timeDeltas[at]), 0);
  const whole = profile.endTime - profile.startTime;
  console.log(`tiles ${people}: the page's script took ${((100 * own) / whole).toFixed(2)} % of ${(whole / 1e6).toFixed(1)} s`);
} finally {
  await browser.close();
}
