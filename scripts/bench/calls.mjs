// How long people wait: from a click, and from a link, until both see each other. The apps take turns.
//   calls.mjs ROUNDS NAME=URL...     NAME is parlor or tutorial
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../end2end/package.json', import.meta.url))('playwright-core');

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
];
const TIMEOUT_MS = 30_000;

const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM || undefined, args: ARGS });

/**
 * Notes when Join was pressed, and keeps the moments at which the first frames, own and of the other one, were presented as
 * promises: whoever asks a page again and again makes it draw, which costs time that nobody waits for otherwise.
 */
function stopwatch() {
  const now = () => performance.timeOrigin + performance.now();
  document.addEventListener(
    'click',
    (event) => {
      if (event.target.closest?.('#connect-button')) window.clickedAt ??= now();
    },
    true,
  );
  const pictures = (window.pictures = { own: Promise.withResolvers(), other: Promise.withResolvers() });
  const seen = new WeakSet();
  const look = () => {
    for (const video of document.querySelectorAll('video')) {
      if (seen.has(video)) continue;
      seen.add(video);
      video.requestVideoFrameCallback(() => {
        pictures[video.id === 'remote-video' ? 'other' : 'own'].resolve(now());
      });
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}

/** The person with the link presses Join as soon as the page is there. */
function pressAtOnce(room) {
  document.addEventListener('DOMContentLoaded', () => {
    const input = document.getElementById('room-input');
    if (input.value === '') input.value = room;
    document.getElementById('connect-button').click();
  });
}

async function visitor(browser, app, ...scripts) {
  const context = await browser.newContext({ baseURL: app.url, locale: 'en-US', viewport: { width: 1280, height: 800 } });
  await context.addInitScript(stopwatch);
  for (const [script, argument] of scripts) await context.addInitScript(script, argument);
  return { context, page: await context.newPage() };
}

/** The moment of the first picture, own or of the other one. */
const picture = (page, whose) =>
  page.evaluate(
    ([whose, limit]) =>
      new Promise((seen, fail) => {
        window.pictures[whose].promise.then(seen);
        setTimeout(() => fail(new Error(`no picture (${whose}) in ${limit} ms`)), limit);
      }),
    [whose, TIMEOUT_MS],
  );

/** Opens the page as somebody does who types the number: by then it has settled, and Parlor shows its preview. */
async function opened(browser, app, room) {
  const one = await visitor(browser, app);
  await one.page.goto('/');
  await one.page.fill('#room-input', room);
  if (app.name === 'parlor') await picture(one.page, 'own');
  return one;
}

/** Somebody who has connected, sees their own picture and waits. */
async function waiting(browser, app, room) {
  const one = await opened(browser, app, room);
  await one.page.click('#connect-button');
  await picture(one.page, 'own');
  if (app.name === 'parlor') await one.page.waitForSelector('main[data-phase="in-call"]');
  return one;
}

/** The later of the two first frames. */
async function bothSee(first, second) {
  return Math.max(...(await Promise.all([first, second].map(({ page }) => picture(page, 'other')))));
}

const MEASURES = {
  'Join to both pictures': async (browser, app, room) => {
    const first = await waiting(browser, app, room);
    const second = await opened(browser, app, room);
    await second.page.click('#connect-button');
    const end = await bothSee(first, second);
    const start = await second.page.evaluate(() => window.clickedAt);
    await Promise.all([first, second].map(({ context }) => context.close()));
    return end - start;
  },
  'link to both pictures': async (browser, app, room) => {
    const first = await waiting(browser, app, room);
    const fresh = await launch();
    const second = await visitor(fresh, app, [pressAtOnce, room]);
    await second.page.goto(app.name === 'parlor' ? `/room/${room}` : '/', { waitUntil: 'commit' });
    const end = await bothSee(first, second);
    const start = await second.page.evaluate(() => performance.timeOrigin);
    await first.context.close();
    await fresh.close();
    return end - start;
  },
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const [rounds, ...apps] = process.argv.slice(2);
const contenders = apps.map((app) => ({ name: app.split('=')[0], url: app.slice(app.indexOf('=') + 1) }));
const browser = await launch();
let number = 0;
for (const [measure, run] of Object.entries(MEASURES)) {
  const times = new Map(contenders.map(({ name }) => [name, []]));
  // Round 0 warms everything up and does not count.
  for (let round = 0; round <= rounds; round++) {
    for (const app of contenders) {
      const took = await run(browser, app, String(900_000 + number++));
      if (round > 0) times.get(app.name).push(took);
    }
  }
  for (const [name, values] of times) {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    console.log(
      `${measure.padEnd(26)} ${name.padEnd(9)} median ${median(values).toFixed(0).padStart(5)} ms   (${least.toFixed(0)} to ${most.toFixed(0)}, ${values.length} rounds)`,
    );
  }
}
await browser.close();
