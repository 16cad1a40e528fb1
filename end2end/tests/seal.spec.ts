import type { Page } from '@playwright/test';

import { Middle } from '../fixtures/middle';
import { expect, seesTheOther, test, twoInCall, type Person } from '../fixtures/test';
import { heardBy, sentBy } from '../fixtures/wire';

const LINK = /\/room\/\d+#[\w-]{22}$/;
const SECRET = 'AAECAwQFBgcICQoLDA0ODw';

function trustOf({ call }: Person) {
  return expect(call.tiles.first());
}

/** Goes in by an invite link. */
async function goesIn({ page, home, call }: Person, link: string): Promise<void> {
  await page.goto(link);
  await home.ready();
  await home.connect.click();
  await call.expectShown();
}

/** The link of the call that a page is in. */
async function linkOf(page: Page): Promise<string> {
  await expect(page).toHaveURL(LINK);
  return page.url();
}

test('who comes by the link of the other is private, and the server reads nothing that they say', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  const said: string[] = [];
  for (const { page } of [ann, ben]) {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => void said.push(String(payload)));
      socket.on('framereceived', ({ payload }) => void said.push(String(payload)));
    });
  }
  await ann.home.open();
  await ann.home.join(room, 'Wilhelmine');
  await ann.call.expectAlone();
  await goesIn(ben, await linkOf(ann.page));
  for (const one of [ann, ben]) {
    await seesTheOther(one);
    await trustOf(one).toHaveAttribute('data-trust', 'private');
  }
  await expect(ben.call.tiles.first().locator('.tile-name')).toHaveText('Wilhelmine');

  for (const word of ['fingerprint', 'candidate', 'ufrag', 'Wilhelmine', 'webrtc']) {
    expect(said.filter((frame) => frame.includes(word)), word).toEqual([]);
  }
  const boxes = said.flatMap((frame) => (JSON.parse(frame) as { sealed?: string }).sealed ?? []);
  const sizes = [...new Set(boxes.map((box) => box.length))].sort((one, other) => one - other);
  // What is small is as long as all that is small; the rest are descriptions.
  expect(sizes[0]).toBe(540);
  expect(sizes.slice(1).every((size) => size >= 5_000), sizes.join()).toBe(true);

  // What it means is told to whoever asks.
  await ann.call.tiles.first().locator('.trust summary').click();
  await expect(ann.call.tiles.first().locator('.trust-card')).toContainText('the same invite link');
});

test('who comes by the number alone is not checked, also in a call where others are', async ({ person, room }) => {
  const pair = await twoInCall(person, room);
  for (const one of pair) await trustOf(one).toHaveAttribute('data-trust', 'unchecked');
  await expect(pair[0].call.tiles.first().locator('.trust summary')).toHaveText('Not checked');
});

test('a reload, and a link with another language, keep what the link proves', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectAlone();
  const link = new URL(await linkOf(ann.page));
  link.searchParams.set('lang', 'ko');
  await goesIn(ben, link.href);
  await expect(ben.page.locator('html')).toHaveAttribute('lang', 'ko');
  for (const one of [ann, ben]) await trustOf(one).toHaveAttribute('data-trust', 'private');
  for (const one of [ben, ann]) {
    await one.page.reload();
    for (const each of [ann, ben]) {
      await seesTheOther(each);
      await trustOf(each).toHaveAttribute('data-trust', 'private');
    }
  }
});

test('a pasted link is as good as one that was opened, and in a call the address stays', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectAlone();
  const link = await linkOf(ann.page);
  await ben.home.open();
  await ben.home.join(link);
  for (const one of [ann, ben]) await trustOf(one).toHaveAttribute('data-trust', 'private');
  await expect(ben.page).toHaveURL(link);
  await ben.page.evaluate(() => (location.hash = '#of-somebody-else'));
  await expect(ben.page).toHaveURL(link);
});

test('a link that has lost its end says so, and the number leads on', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectAlone();
  const link = await linkOf(ann.page);
  await ben.page.goto(link.slice(0, -3));
  await ben.home.ready();
  await expect(ben.home.notice).toContainText('This link is not complete');
  await ben.home.connect.click();
  await seesTheOther(ben);
  await trustOf(ben).toHaveAttribute('data-trust', 'unchecked');
});

test('a server in between is not seen by number, and never shown as private', async ({ person, room }) => {
  const middle = new Middle(room);
  const pair = await twoInCall(person, room, { prepare: middle.prepare });
  for (const one of pair) await trustOf(one).toHaveAttribute('data-trust', 'unchecked');
  // It has read and passed on everything: that is what "not checked" means.
  expect(middle.read.some((signal) => signal.includes('a=fingerprint'))).toBe(true);
  expect(middle.failed).toBe(0);
});

test('by link no server gets in between: nothing opens, and no connection is made', async ({ person, room }) => {
  // One with a secret of its own choice, and the door of theirs.
  const middle = new Middle(room, 'BBBBBBBBBBBBBBBBBBBBBB');
  const [ann, ben] = [await person({ prepare: middle.prepare }), await person({ prepare: middle.prepare })];
  for (const one of [ann, ben]) await goesIn(one, `/room/${room}#${SECRET}`);
  // Each tries again and again.
  await expect.poll(() => middle.failed).toBeGreaterThan(4);
  expect(middle.read).toEqual([]);
  for (const one of [ann, ben]) {
    await trustOf(one).toHaveAttribute('data-trust', '');
    const states = await one.page.evaluate(() => window.watch.connections.map(({ connectionState }) => connectionState));
    expect(states).not.toContain('connected');
  }
});

test('signals that come twice, late or changed do not disturb a call', async ({ person, room }) => {
  const replayed: string[] = [];
  const [ann, ben] = await twoInCall(person, room, {
    prepare: (context) =>
      context.routeWebSocket(/\/ws\?/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => {
          const text = String(message);
          socket.send(text);
          if (!text.includes('"signal"')) return;
          replayed.push(text);
          const { sealed, ...rest } = JSON.parse(text) as { sealed: string };
          const changed = sealed.slice(0, -1) + (sealed.endsWith('A') ? 'B' : 'A');
          for (const again of [text, replayed[0]!, JSON.stringify({ ...rest, sealed: changed })]) socket.send(again);
        });
      }),
  });
  await ann.page.evaluate(() => window.dispatchEvent(new Event('online')));
  const count = replayed.length;
  await expect.poll(() => replayed.length, 'ICE was restarted').toBeGreaterThan(count + 3);
  for (const one of [ann, ben]) {
    await seesTheOther(one);
    expect(await one.page.evaluate(() => window.watch.connections.length)).toBe(1);
  }
});

test('a page without cryptography says what it needs', async ({ person, room }) => {
  const ann = await person({
    prepare: (context) => context.addInitScript(() => Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })),
  });
  await ann.home.open();
  await ann.home.join(room);
  await expect(ann.home.notice).toContainText('https://');
  await ann.home.expectShown();
});

test('no name and no address bar goes to the server with a join', async ({ person, room }) => {
  const ann = await person();
  const [sent, heard] = [sentBy(ann.page), heardBy(ann.page)];
  const requests: string[] = [];
  ann.page.on('request', (request) => void requests.push(request.url()));
  await goesIn(ann, `/room/${room}#${SECRET}`);
  await ann.call.expectAlone();
  const join = sent.find((frame) => frame.includes('"join"'))!;
  expect(Object.keys(JSON.parse(join) as object)).toEqual(['type', 'room', 'hello', 'door']);
  expect([...sent, ...heard, ...requests].filter((text) => text.includes(SECRET))).toEqual([]);
});
