import type { BrowserContext } from '@playwright/test';

import { reportFailure } from '../fixtures/in-page';
import { iceUsers } from '../fixtures/ice';
import { framesGrow, hears, openConnections } from '../fixtures/media';
import { startServer } from '../fixtures/server';
import { expect, seesTheOther, test, twoInCall, type Person } from '../fixtures/test';
import { Valve } from '../fixtures/valve';
import { signalsOf } from '../fixtures/wire';

declare global {
  interface Window {
    /** Whether this is the first signal that can be spoilt. */
    maySpoil: () => Promise<boolean>;
  }
}

async function waits(one: Person, room: string): Promise<void> {
  await one.home.open();
  await one.home.join(room);
  await one.call.expectAlone();
}

for (const who of ['whoever opened the room', 'the guest'] as const) {
  test(`${who} answers the permission prompt late, and the call is made all the same`, async ({ person, room }) => {
    const late = await person({ devices: { promptWaits: true } });
    const other = await person();
    const [host, guest] = who === 'the guest' ? [other, late] : [late, other];
    await waits(host, room);
    await guest.home.open();
    await guest.home.join(room);
    // The one who still reads the prompt sees and hears already.
    await late.call.expectConnected(1);
    await framesGrow(late.call.remote);
    await late.page.evaluate(() => window.watch.answerPrompt?.());
    await Promise.all([host, guest].map(seesTheOther));
    await Promise.all([host, guest].map(({ page }) => hears(page)));
    expect(await openConnections(late.page)).toBe(1);
  });
}

test('a call is made although every message of one side comes late and in a heap', async ({ person, room }) => {
  const valve = new Valve();
  const slow = await person({ prepare: valve.prepare });
  const host = await person();
  await waits(slow, room);
  valve.close();
  await host.home.open();
  await host.home.join(room);
  await host.call.expectShown();
  await expect(host.call.tiles).toHaveAttribute('data-link', 'connecting');
  valve.release();
  await Promise.all([host, slow].map(seesTheOther));
});

test('a call goes on while the socket is gone, and can be renegotiated after it is back', async ({ person, room }) => {
  const valve = new Valve();
  const [ann, ben] = [await person({ prepare: valve.prepare }), await person()];
  await waits(ann, room);
  await ben.home.open();
  await ben.home.join(room);
  await Promise.all([ann, ben].map(seesTheOther));

  const sockets = valve.sockets.length;
  await valve.sockets.at(-1)!.close({ code: 1011, reason: 'cut by the test' });
  for (const { call } of [ann, ben]) await framesGrow(call.remote);
  await expect.poll(() => valve.sockets.length).toBeGreaterThan(sockets);
  await Promise.all([ann, ben].map(seesTheOther));
  expect(await ann.page.evaluate(() => window.watch.connections.length), 'the same connection lives on').toBe(1);
  expect(await ben.page.evaluate(() => window.watch.connections.length), 'the same connection lives on').toBe(1);

  await ben.call.leave.click();
  await ann.call.expectAlone();
  await ben.home.connect.click();
  await Promise.all([ann, ben].map(seesTheOther));
});

test('a call goes on while the server restarts, and both are in the room afterwards', async ({ person, room }) => {
  const first = await startServer();
  const { port } = new URL(first.url);
  const baseURL = first.url;
  const options = { baseURL, provokes: /WebSocket connection .* failed/ };
  const [ann, ben] = [await person(options), await person(options)];
  await waits(ann, room);
  await ben.home.open();
  await ben.home.join(room);
  await Promise.all([ann, ben].map(seesTheOther));

  await first.stop();
  for (const { call } of [ann, ben]) await framesGrow(call.remote);
  const second = await startServer({}, Number(port));
  try {
    await Promise.all([ann, ben].map(seesTheOther));
    await ben.call.leave.click();
    await ann.call.expectAlone();
  } finally {
    await Promise.all([ann, ben].map(({ context }) => context.close()));
    await second.stop();
  }
});

/** Changes one signal after it was opened. */
function spoilOpened([whole, spoilt]: readonly [string, string]): void {
  // Not before there is a page.
  if (!window.SubtleCrypto) return;
  const { decrypt } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.decrypt = async function (...given: Parameters<SubtleCrypto['decrypt']>) {
    const plain = await decrypt.apply(this, given);
    const text = new TextDecoder().decode(plain);
    if (!text.includes(whole) || !(await window.maySpoil())) return plain;
    return new TextEncoder().encode(text.replace(whole, spoilt)).buffer;
  };
}

for (const [what, whole, spoilt, connections] of [
  ['a candidate', '"candidate":"candidate:', '"candidate":"candidate:nonsense ', 1],
  // At once by another connection, and not by the restart that comes after some seconds.
  ['an offer', '"sdp":"v=0', '"sdp":"nonsense=0', 2],
] as const) {
  test(`${what} that the browser refuses does not prevent the call`, { tag: '@full' }, async ({ person, room }) => {
    let spoils = 0;
    const prepare = async (context: BrowserContext) => {
      await context.exposeFunction('maySpoil', () => spoils++ === 0);
      await context.addInitScript(spoilOpened, [whole, spoilt] as const);
    };
    const [ann, ben] = [await person({ prepare }), await person({ prepare })];
    const refused: string[] = [];
    for (const { page } of [ann, ben]) {
      page.on('console', (message) => void (/candidate not added|negotiation:/.test(message.text()) && refused.push(message.text())));
    }
    await waits(ann, room);
    await ben.home.open();
    await ben.home.join(room);
    await expect.poll(() => spoils).toBeGreaterThan(0);
    await expect.poll(() => refused).toHaveLength(1);
    await Promise.all([ann, ben].map(seesTheOther));
    await Promise.all([ann, ben].map(({ page }) => hears(page)));
    expect(await ann.page.evaluate(() => window.watch.connections.length)).toBe(connections);
  });
}

test('the networks of both change at the same moment, and both see and hear each other', { tag: '@full' }, async ({ person, room }) => {
  const valves = [new Valve(), new Valve()];
  const pair = await twoInCall(person, room, { prepare: valves[0]!.prepare }, { prepare: valves[1]!.prepare });
  const before = await Promise.all(pair.map(iceUsers));
  const sent = pair.map(({ page }) => signalsOf(page, 'noteSent'));
  // Neither hears of the other's restart before its own has begun.
  for (const valve of valves) valve.close(/"type":"signal"/);
  for (const { page } of pair) await page.evaluate(() => window.dispatchEvent(new Event('online')));
  for (const signals of sent) {
    await expect.poll(() => signals.some((signal) => /^{"(start_call|webrtc_offer)"/.test(signal))).toBe(true);
  }
  for (const valve of valves) await expect.poll(() => valve.holding(/"type":"signal"/)).toBe(true);
  for (const valve of valves) valve.release();
  for (const [at, one] of pair.entries()) await expect.poll(() => iceUsers(one)).not.toEqual(before[at]);
  await Promise.all(pair.map(seesTheOther));
  await Promise.all(pair.map(({ page }) => hears(page)));
  for (const { page } of pair) {
    expect(await page.evaluate(() => window.watch.connections.length), 'the same connection lives on').toBe(1);
    expect(await openConnections(page)).toBe(1);
  }
});

test('late candidates of an earlier call do no harm to the next one', { tag: '@full' }, async ({ person, room }) => {
  const valve = new Valve();
  const [ann, ben] = [await person({ prepare: valve.prepare }), await person()];
  await waits(ann, room);
  valve.close();
  for (let round = 0; round < 2; round++) {
    await ben.home.open();
    await ben.home.join(room);
    await ben.call.expectShown();
    await expect(ben.call.tiles).toHaveCount(1);
    await ben.call.leave.click();
    await ben.home.expectShown();
  }
  await ben.home.connect.click();
  await ben.call.expectShown();
  valve.release();
  await Promise.all([ann, ben].map(seesTheOther));
});

test('a connection that fails is built again', { tag: '@full' }, async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await reportFailure(ann.page);
  await Promise.all([ann, ben].map(seesTheOther));
  await Promise.all([ann, ben].map(({ page }) => hears(page)));
});
