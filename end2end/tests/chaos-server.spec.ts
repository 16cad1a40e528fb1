import type { Page } from '@playwright/test';

import { expect, LOST_LINE, Observed, rounded, test } from '../fixtures/chaos';
import { lineDown, seatBack, timesSaidDown } from '../fixtures/frames';
import { framesGrow } from '../fixtures/media';

const ROUNDS = process.env.FULL ? 5 : 2;
const LONGEST_GAP_MS = 2_000;
const SEAT_BACK_MS = 10_000;
/** The stranger knocks from the address of all others, and would use up its joins: the limit is another test's matter. */
const NO_JOIN_LIMIT = { PARLOR_LIMITS_JOIN_BURST_PER_ADDRESS: '1000000' };

declare global {
  interface Window {
    /** What the server said to a stranger, message by message. */
    answers: string[];
  }
}

/** Asks for a seat over and over, faster than any person could, from a page that belongs to nobody in the room. */
async function knock(page: Page, room: string): Promise<void> {
  await page.evaluate((room) => {
    window.answers = [];
    const once = () => {
      const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws?version=3');
      socket.onopen = () => socket.send(JSON.stringify({ type: 'join', room }));
      socket.onmessage = ({ data }) => {
        window.answers.push((JSON.parse(data as string) as { type: string }).type);
        socket.close();
      };
      socket.onclose = () => setTimeout(once, 20);
    };
    once();
  }, room);
}

test('the server is killed and started again, more than once, and the two in the call see nothing of it', async ({
  person,
  room,
  mortal,
}) => {
  const server = await mortal(NO_JOIN_LIMIT);
  const options = { baseURL: server.url, provokes: LOST_LINE };
  const call = await Observed.call(person, room, options);
  const stranger = await person(options);
  await stranger.home.open();
  await knock(stranger.page, room);

  const began = Date.now();
  const back: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const killed = Date.now();
    await server.kill();
    await Promise.all(call.pair.map(({ page }) => lineDown(page)));
    for (const { call: view } of call.pair) await framesGrow(view.remote);
    const answered = await stranger.page.evaluate(() => window.answers.length);
    const up = await server.start();
    const moments = await Promise.all(call.pair.map(({ page }) => seatBack(page, killed)));
    back.push(...moments.map((moment) => Math.max(0, moment - up)));
    await call.expectUntouched();
    await expect
      .poll(() => stranger.page.evaluate(() => window.answers.length), { message: 'the stranger is answered' })
      .toBeGreaterThan(answered);
  }
  const gaps = await call.gaps(began);
  const answers = new Set(await stranger.page.evaluate(() => window.answers));
  expect([...answers], 'no stranger slips into a seat').toEqual(['full_room']);

  const third = await person(options);
  await third.home.open();
  await third.home.join(room);
  await expect(third.home.notice).toContainText('All seats are taken');
  await call.expectUntouched();

  const said = await Promise.all(call.pair.map(({ page }) => timesSaidDown(page)));
  call.note(
    `server killed ${ROUNDS}x`,
    gaps,
    `seat back ${rounded(Math.max(...back))} ms after the server answered`,
    `a word about it ${said.join(' and ')} times`,
  );
  expect(Math.max(...gaps), 'longest gap').toBeLessThan(LONGEST_GAP_MS);
  expect(Math.max(...back), 'seat back').toBeLessThan(SEAT_BACK_MS);
});
