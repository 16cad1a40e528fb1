// How long a page takes on a slow line until one can type and press, and until it can make calls. The servers take turns, each
// time with a fresh browser profile; prints medians, and their ratio to those of the first server.
//   node ready.mjs ROUNDS NAME=URL...
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../end2end/package.json', import.meta.url))('playwright-core');

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
/** A slow telephone: 1.6 Mbit/s, 150 ms. */
const LINE = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 100_000 };

/** Notes in the page when each attribute came; builds whose driver is no chunk of its own have only the first. */
function stopwatch() {
  window.moments = {};
  const look = () => {
    for (const name of ['ready', 'live']) {
      if (document.querySelector(`main[data-${name}]`)) window.moments[name] ??= performance.now();
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ['data-ready', 'data-live'] });
}

async function visit(browser, url) {
  const context = await browser.newContext();
  await context.addInitScript(stopwatch);
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', LINE);
  await page.goto(url);
  await page.waitForFunction(() => window.moments.ready);
  const hasDriver = await page.evaluate(() => document.getElementById('driver-missing') !== null);
  if (hasDriver) await page.waitForFunction(() => window.moments.live);
  const { ready, live = ready } = await page.evaluate(() => window.moments);
  await context.close();
  return { ready, live };
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

const [rounds, ...named] = process.argv.slice(2);
const servers = named.map((text) => text.split(/=(.*)/s)).map(([name, url]) => ({ name, url, ready: [], live: [] }));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || undefined, args: ARGS });
try {
  // The first round only warms up.
  for (let round = 0; round <= Number(rounds); round += 1) {
    for (const server of servers) {
      const times = await visit(browser, server.url);
      if (round > 0) for (const moment of ['ready', 'live']) server[moment].push(times[moment]);
    }
  }
} finally {
  await browser.close();
}
for (const moment of ['ready', 'live']) {
  for (const server of servers) {
    const times = server[moment];
    const ratio = median(times) / median(servers[0][moment]);
    console.log(
      `${moment.padEnd(5)} ${server.name.padEnd(10)} median ${median(times).toFixed(0).padStart(5)} ms ` +
        `(${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}, ${times.length} rounds), ratio ${ratio.toFixed(3)}`,
    );
  }
}
