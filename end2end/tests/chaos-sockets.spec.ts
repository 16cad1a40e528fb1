import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, lasting, LOST_LINE, Observed, rounded, test } from '../fixtures/chaos';
import { lineDown, seatBack } from '../fixtures/frames';
import { hears } from '../fixtures/media';

const run = promisify(execFile);

const LONGEST_GAP_MS = 2_000;
const SEAT_BACK_MS = 10_000;
const ROUNDS = 3;
/** Longer than a page waits for a sign of life. */
const NOTICED_MS = 25_000;

test('the kernel of the server cuts every socket, and the call goes on', async ({ person, room, server }) => {
  const port = new URL(server.url).port;
  const call = await Observed.call(person, room, { provokes: LOST_LINE });
  const sockets = () => Promise.all(call.pair.map(({ page }) => page.evaluate(() => window.watch.sockets.length)));
  const before = await sockets();
  const began = Date.now();
  const cut = await run('ss', ['--kill', '--no-header', '--tcp', 'state', 'established', `sport = :${port}`]).catch(String);
  test.skip(typeof cut === 'string' || cut.stdout === '', `this machine does not let ss cut sockets: ${JSON.stringify(cut)}`);

  const moments = await Promise.all(call.pair.map(({ page }) => seatBack(page, began)));
  const back = Math.max(...moments) - began;
  for (const [at, count] of (await sockets()).entries()) expect(count, 'another socket').toBeGreaterThan(before[at]!);
  await call.expectUntouched();
  const gaps = await call.gaps(began);
  call.note('sockets cut at the server', gaps, `seat back ${rounded(back)} ms after the cut`);
  expect(Math.max(...gaps)).toBeLessThan(LONGEST_GAP_MS);
  expect(back).toBeLessThan(SEAT_BACK_MS);
});

test('sockets are cut on the way, again and again, and the call goes on', async ({ person, room, tcpProxy }) => {
  const call = await Observed.call(person, room, { baseURL: tcpProxy.url, provokes: LOST_LINE });
  const began = Date.now();
  const back: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const cut = Date.now();
    tcpProxy.cut();
    const moments = await Promise.all(call.pair.map(({ page }) => seatBack(page, cut)));
    back.push(...moments.map((moment) => moment - cut));
    await call.expectUntouched();
  }
  const gaps = await call.gaps(began);
  call.note(`sockets cut by a proxy ${ROUNDS}x`, gaps, `seat back ${rounded(Math.max(...back))} ms after the cut`);
  expect(Math.max(...gaps)).toBeLessThan(LONGEST_GAP_MS);
  expect(Math.max(...back)).toBeLessThan(SEAT_BACK_MS);
});

test('the server cannot be reached for a while, and the call goes on and has its seats when it can', async ({ person, room, tcpProxy }) => {
  const call = await Observed.call(person, room, { baseURL: tcpProxy.url, provokes: LOST_LINE });
  const began = Date.now();
  tcpProxy.refuse();
  tcpProxy.cut();
  await Promise.all(call.pair.map(({ page }) => lineDown(page)));
  await lasting(5);
  await Promise.all(call.pair.map(({ page }) => lineDown(page)));
  const words = call.pair.map(({ page }) => page.getByText('The server does not answer'));
  for (const said of words) await expect(said).toBeVisible();
  tcpProxy.pass();
  const up = Date.now();
  const moments = await Promise.all(call.pair.map(({ page }) => seatBack(page, began)));
  const back = Math.max(...moments) - up;
  for (const said of words) await expect(said).toBeHidden();
  await call.expectUntouched();
  const gaps = await call.gaps(began);
  call.note('connections refused for 5 s', gaps, `seat back ${rounded(back)} ms after they passed again`);
  expect(Math.max(...gaps)).toBeLessThan(LONGEST_GAP_MS);
  expect(back).toBeLessThan(SEAT_BACK_MS);
});

test('sockets that hang without a word are noticed by the page, and others take their place', async ({ person, room, tcpProxy }) => {
  const call = await Observed.call(person, room, { baseURL: tcpProxy.url, provokes: LOST_LINE });
  const began = Date.now();
  tcpProxy.hold();
  const moments = await Promise.all(call.pair.map(({ page }) => seatBack(page, began, NOTICED_MS)));
  const back = Math.max(...moments) - began;
  await call.expectUntouched();
  await Promise.all(call.pair.map(({ page }) => hears(page)));
  const gaps = await call.gaps(began);
  call.note('sockets half-open', gaps, `seat back on another socket after ${rounded(back)} ms`);
  expect(Math.max(...gaps)).toBeLessThan(LONGEST_GAP_MS);
});

test('both are offline for ten seconds, as far as their browsers know', async ({ person, room }) => {
  const call = await Observed.call(person, room, { provokes: LOST_LINE });
  const began = Date.now();
  await Promise.all(call.pair.map(({ context }) => context.setOffline(true)));
  await lasting(10);
  const up = Date.now();
  await Promise.all(call.pair.map(({ context }) => context.setOffline(false)));
  const moments = await Promise.all(call.pair.map(({ page }) => seatBack(page, began)));
  const back = Math.max(...moments) - up;
  await call.expectUntouched();
  const gaps = await call.gaps(began);
  call.note('both offline for 10 s', gaps, `seat back ${rounded(back)} ms after`);
  expect(Math.max(...gaps)).toBeLessThan(LONGEST_GAP_MS);
  expect(back).toBeLessThan(SEAT_BACK_MS);
});
