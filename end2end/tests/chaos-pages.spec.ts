import type { Page } from '@playwright/test';

import { expect, lasting, LOST_LINE, note, noting, Observed, rounded, test } from '../fixtures/chaos';
import { frameAfter, readyAt } from '../fixtures/frames';
import { CHROMIUM, CHROMIUM_ARGS, SLOW_CAMERA } from '../fixtures/chromium';
import { framesGrow, hears } from '../fixtures/media';
import { seesTheOther } from '../fixtures/test';

const PICTURES_BACK_MS = 10_000;
const LONGEST_GAP_MS = 2_000;
/** Long enough for a slow machine to start a page in it. */
const GRACE_SECONDS = 8;

test('either side reloads, and is back in the call without a click', async ({ person, room }) => {
  const call = await Observed.call(person, room);
  for (const at of process.env.FULL ? ([0, 1, 0, 1] as const) : ([0, 1] as const)) {
    const began = Date.now();
    await call.pair[at].page.reload();
    const ready = await readyAt(call.pair[at].page);
    const firsts = await Promise.all(call.pair.map(({ page }) => frameAfter(page, ready)));
    await Promise.all(call.pair.map(seesTheOther));
    note(
      `reload of ${at === 0 ? 'whoever opened the room' : 'the guest'}: pictures ${rounded(firsts[at]! - ready)} ms after the page was ` +
        `interactive at its own side, ${rounded(firsts[1 - at]! - ready)} ms at the other's (${rounded(ready - began)} ms of loading before)`,
    );
    expect(Math.max(...firsts) - ready).toBeLessThan(PICTURES_BACK_MS);
  }
  await Promise.all(call.pair.map(({ page }) => hears(page)));
});

async function freeze(page: Page, seconds: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await lasting(seconds);
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await session.detach();
}

// The longer one outlasts every patience with a silent socket, of which the mesh simulation has shorter proofs.
for (const { seconds, tag } of [{ seconds: 3, tag: [] }, { seconds: 16, tag: ['@full'] }]) {
  test(`a tab is frozen for ${seconds} seconds and thawed, and the call is there again`, { tag }, async ({ person, room }) => {
    const call = await Observed.call(person, room, { provokes: LOST_LINE });
    const [ann] = call.pair;
    const began = Date.now();
    await freeze(ann.page, seconds);
    const thawed = Date.now();
    const firsts = await Promise.all(call.pair.map(({ page }) => frameAfter(page, thawed)));
    await Promise.all(call.pair.map(seesTheOther));
    await hears(ann.page);
    const [, other] = await call.gaps(began);
    note(
      `tab frozen for ${seconds} s: pictures ${rounded(firsts[0]! - thawed)} ms after the thaw, ` +
        `longest gap ${rounded(other!)} ms at the other side`,
    );
    expect(firsts[0]! - thawed).toBeLessThan(PICTURES_BACK_MS);
    expect(other!, 'the other one sees no gap').toBeLessThan(LONGEST_GAP_MS);
    await call.expectUntouched();
  });
}

test('a copied tab does not disturb the call of the first', async ({ person, room }) => {
  const call = await Observed.call(person, room);
  const [ann] = call.pair;
  // A tab that was reloaded remembers more than a fresh one.
  await ann.page.reload();
  await Promise.all(call.pair.map(seesTheOther));
  const before = await ann.page.evaluate(() => window.watch.connections.length);
  const peers = await Promise.all(call.pair.map((one) => one.call.tiles.getAttribute('data-peer')));

  const began = Date.now();
  const [copy] = await Promise.all([
    ann.context.waitForEvent('page'),
    // The new tab starts with a copy of this one's sessionStorage, as "Duplicate tab" does.
    ann.page.evaluate(() => void window.open(location.href)),
  ]);
  await expect(copy.locator('main')).toHaveAttribute('data-ready', /.*/);
  expect(await copy.evaluate(() => sessionStorage.length), 'it is a copy').toBeGreaterThan(0);
  // The room has no third seat, so all that is left for it is the start page with the number.
  await expect(copy.locator('main')).toHaveAttribute('data-phase', 'home');
  await expect(copy.locator('#room-input')).toHaveValue(room);
  for (const { call: view } of call.pair) await framesGrow(view.remote);
  const gaps = await call.gaps(began);
  await Promise.all(call.pair.map(seesTheOther));
  expect(await ann.page.evaluate(() => window.watch.connections.length), 'no new connection').toBe(before);
  expect(await Promise.all(call.pair.map((one) => one.call.tiles.getAttribute('data-peer')))).toEqual(peers);
  await expect(copy.locator('main')).toHaveAttribute('data-phase', 'home');

  // Nor does it when the person there insists.
  await copy.locator('#connect-button').click();
  await expect(copy.locator('#notice')).toContainText(/another tab/);
  await Promise.all(call.pair.map(seesTheOther));
  call.note('tab duplicated', gaps);
  expect(Math.max(...gaps)).toBeLessThan(LONGEST_GAP_MS);
});

test('the seat of a killed browser is kept for its own return, and free for others after its grace', async ({
  person,
  room,
  mortal,
  playwright,
}) => {
  const server = await mortal({ PARLOR_ROOMS_GRACE: String(GRACE_SECONDS) });
  const launch = () =>
    playwright.chromium.launchServer({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGS, ...SLOW_CAMERA] });
  const doomed = [await launch(), await launch()] as const;
  try {
    const browsers = await Promise.all(doomed.map((one) => playwright.chromium.connect(one.wsEndpoint())));
    const options = { baseURL: server.url, provokes: LOST_LINE };
    const call = await Observed.call(person, room, options, { ...options, browser: browsers[0] });
    const [ann, ben] = call.pair;
    const peer = await ann.call.tiles.getAttribute('data-peer');
    const kept = await ben.page.evaluate(() => Object.entries(sessionStorage));
    await doomed[0].kill();

    // As browsers do that bring back the tabs of a session that crashed.
    const restored = noting({
      ...options,
      browser: browsers[1],
      prepare: (context) =>
        context.addInitScript((kept) => {
          // The empty page that every tab begins with has no storage.
          if (location.origin === 'null' || sessionStorage.length > 0) return;
          for (const [key, value] of kept) sessionStorage.setItem(key, value);
        }, kept),
    });
    const back = await person(restored);
    await back.home.open(`/room/${room}`);
    await back.home.expectShown();
    const returned = Date.now();
    await back.home.connect.click();
    const firsts = await Promise.all([ann, back].map(({ page }) => frameAfter(page, returned)));
    await Promise.all([ann, back].map(seesTheOther));
    expect(await ann.call.tiles.getAttribute('data-peer'), 'it is its own seat').toBe(peer);

    const killed = Date.now();
    await doomed[1].kill();
    const third = await person(options);
    await third.home.open();
    await third.home.join(room);
    await expect(third.home.notice).toContainText('All seats are taken');
    await ann.call.expectAlone();
    const free = Date.now() - killed;
    await third.home.connect.click();
    await Promise.all([ann, third].map(seesTheOther));
    note(
      `browser killed: pictures ${rounded(Math.max(...firsts) - returned)} ms after Join in its own seat; ` +
        `seat free for others ${rounded(free)} ms after the kill (grace ${GRACE_SECONDS} s)`,
    );
    expect(Math.max(...firsts) - returned).toBeLessThan(PICTURES_BACK_MS);
    expect(free, 'not at once').toBeGreaterThan((GRACE_SECONDS - 1) * 1000);
  } finally {
    for (const one of doomed) await one.kill();
  }
});
