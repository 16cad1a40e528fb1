// How long people wait: from a click, and from a link, until both see each other. The apps take turns.
//   calls.mjs [--timeline] ROUNDS NAME=URL...
// NAME is parlor, or another one that begins so; tutorial; or limit: two connections inside one page of that address, with
// devices that run already. --timeline prints what happened when in each app's median round.
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

const given = process.argv.slice(2);
const withTimeline = given[0] === '--timeline';
const [rounds, ...apps] = withTimeline ? given.slice(1) : given;
const contenders = apps.map((app) => ({ name: app.split('=')[0], url: app.slice(app.indexOf('=') + 1) }));

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

/** Notes what connections and sockets do, in milliseconds since 1970. */
function notes() {
  const timeline = (window.timeline = []);
  const note = (what) => timeline.push([performance.timeOrigin + performance.now(), what]);
  const Connection = window.RTCPeerConnection;
  let count = 0;
  window.RTCPeerConnection = class extends Connection {
    constructor(configuration) {
      super(configuration);
      const name = `connection ${(count += 1)}`;
      note(`${name} made`);
      this.addEventListener('icecandidate', ({ candidate }) => note(candidate?.candidate ? `${name} candidate ${candidate.type}` : `${name} gathered`));
      for (const state of ['iceConnectionState', 'connectionState']) {
        this.addEventListener(state.toLowerCase() + 'change', () => note(`${name} ${state} ${this[state]}`));
      }
      this.addEventListener('track', ({ track }) => note(`${name} track ${track.kind}`));
      for (const step of ['setLocalDescription', 'setRemoteDescription', 'addIceCandidate']) {
        this[step] = async (...given) => {
          const began = performance.now();
          await Connection.prototype[step].apply(this, given);
          note(`${name} ${step} after ${(performance.now() - began).toFixed(0)} ms`);
        };
      }
    }
  };
  const kind = (text) => /"type":"(\w+)"/.exec(text)?.[1] ?? `${text.length} characters`;
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => note(`heard ${kind(data)}`));
    }
    send(text) {
      note(`said ${kind(text)}`);
      super.send(text);
    }
  };
}

async function visitor(browser, app, ...scripts) {
  const context = await browser.newContext({ baseURL: app.url, locale: 'en-US', viewport: { width: 1280, height: 800 } });
  if (withTimeline) await context.addInitScript(notes);
  await context.addInitScript(stopwatch);
  for (const [script, argument] of scripts) await context.addInitScript(script, argument);
  return { context, page: await context.newPage() };
}

const isParlor = ({ name }) => name.startsWith('parlor');

/** What two pages did between two moments, in its order. */
async function timeline(people, start, end) {
  if (!withTimeline) return [];
  const noted = await Promise.all(people.map(({ page }) => page.evaluate(() => window.timeline)));
  const lines = noted.flatMap((noted, at) => noted.map(([when, what]) => ({ at: when - start, what: `${['first ', 'second'][at]} ${what}` })));
  return lines.filter(({ at }) => at >= 0 && at <= end - start).toSorted((a, b) => a.at - b.at);
}

/** Milliseconds that two connections of one page take, from nothing to both pictures. */
async function limit(browser, app) {
  const context = await browser.newContext({ baseURL: app.url });
  const page = await context.newPage();
  await page.goto('/healthz');
  const took = await page.evaluate(async () => {
    const drawn = (stream) =>
      new Promise((seen) => {
        const video = document.body.appendChild(document.createElement('video'));
        Object.assign(video, { autoplay: true, muted: true, srcObject: stream });
        video.requestVideoFrameCallback(seen);
      });
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    await drawn(stream);
    const began = performance.now();
    const ends = [new RTCPeerConnection(), new RTCPeerConnection()];
    const pictures = ends.map(
      (end) => new Promise((seen) => end.addEventListener('track', ({ track, streams }) => track.kind === 'video' && drawn(streams[0]).then(seen))),
    );
    for (const [at, end] of ends.entries()) {
      end.addEventListener('icecandidate', ({ candidate }) => candidate && ends[1 - at].addIceCandidate(candidate));
      for (const track of stream.getTracks()) end.addTrack(track, stream);
    }
    const [one, other] = ends;
    await one.setLocalDescription();
    await other.setRemoteDescription(one.localDescription);
    await other.setLocalDescription();
    await one.setRemoteDescription(other.localDescription);
    await Promise.all(pictures);
    return performance.now() - began;
  });
  await context.close();
  return { took };
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
  if (isParlor(app)) await picture(one.page, 'own');
  return one;
}

/** Somebody who has connected, sees their own picture and waits. */
async function waiting(browser, app, room) {
  const one = await opened(browser, app, room);
  await one.page.click('#connect-button');
  await picture(one.page, 'own');
  if (isParlor(app)) await one.page.waitForSelector('main[data-phase="in-call"]');
  return one;
}

/** The later of the two first frames. */
async function bothSee(first, second) {
  return Math.max(...(await Promise.all([first, second].map(({ page }) => picture(page, 'other')))));
}

const MEASURES = {
  'Join to both pictures': async (browser, app, room) => {
    if (app.name === 'limit') return limit(browser, app);
    const first = await waiting(browser, app, room);
    const second = await opened(browser, app, room);
    await second.page.click('#connect-button');
    const end = await bothSee(first, second);
    const start = await second.page.evaluate(() => window.clickedAt);
    const lines = await timeline([first, second], start, end);
    await Promise.all([first, second].map(({ context }) => context.close()));
    return { took: end - start, lines };
  },
  'link to both pictures': async (browser, app, room) => {
    if (app.name === 'limit') return undefined;
    const first = await waiting(browser, app, room);
    const fresh = await launch();
    const second = await visitor(fresh, app, [pressAtOnce, room]);
    await second.page.goto(isParlor(app) ? `/room/${room}` : '/', { waitUntil: 'commit' });
    const end = await bothSee(first, second);
    const start = await second.page.evaluate(() => performance.timeOrigin);
    const lines = await timeline([first, second], start, end);
    await first.context.close();
    await fresh.close();
    return { took: end - start, lines };
  },
};

/** The middle one. */
const median = (runs) => runs.toSorted((a, b) => a.took - b.took)[Math.floor(runs.length / 2)];

const browser = await launch();
let number = 0;
for (const [measure, run] of Object.entries(MEASURES)) {
  const runs = new Map(contenders.map(({ name }) => [name, []]));
  // Round 0 warms everything up and does not count.
  for (let round = 0; round <= rounds; round++) {
    for (const app of contenders) {
      const one = await run(browser, app, String(900_000 + number++));
      if (one && round > 0) runs.get(app.name).push(one);
    }
  }
  for (const [name, all] of runs) {
    if (all.length === 0) continue;
    const [least, most] = [Math.min, Math.max].map((of) => of(...all.map(({ took }) => took)));
    const { took, lines = [] } = median(all);
    console.log(
      `${measure.padEnd(26)} ${name.padEnd(9)} median ${took.toFixed(0).padStart(5)} ms   (${least.toFixed(0)} to ${most.toFixed(0)}, ${all.length} rounds)`,
    );
    for (const { at, what } of lines) console.log(`${at.toFixed(0).padStart(8)} ms  ${what}`);
  }
}
await browser.close();
