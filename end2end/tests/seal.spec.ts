import { createHash } from 'node:crypto';

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

/** Waits in a room, and has a link to it. */
async function invites({ page, home, call }: Person, room: string, name?: string): Promise<string> {
  await home.open();
  await home.join(room, name);
  await call.expectAlone();
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
  await goesIn(ben, await invites(ann, room, 'Wilhelmine'));
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
  await ben.page.goto(await invites(ann, room));
  await ben.home.ready();
  await ben.page.locator('#languages summary').click();
  await ben.page.getByRole('link', { name: '한국어' }).click();
  await expect(ben.page.locator('html')).toHaveAttribute('lang', 'ko');
  await ben.home.ready();
  await ben.home.connect.click();
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
  const link = await invites(ann, room);
  await ben.home.open();
  await ben.home.join(link);
  for (const one of [ann, ben]) await trustOf(one).toHaveAttribute('data-trust', 'private');
  await expect(ben.page).toHaveURL(link);
  await ben.page.evaluate(() => (location.hash = '#of-somebody-else'));
  await expect(ben.page).toHaveURL(link);
});

test('a link that has lost its end says so, and the number leads on', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  const link = await invites(ann, room);
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

test('a server that knows the secret of the link can do what the link is to prevent, so it is the secret that does', async ({ person, room }) => {
  const middle = new Middle(room, SECRET);
  const [ann, ben] = [await person({ prepare: middle.prepare }), await person({ prepare: middle.prepare })];
  for (const one of [ann, ben]) await goesIn(one, `/room/${room}#${SECRET}`);
  for (const one of [ann, ben]) {
    await seesTheOther(one);
    await trustOf(one).toHaveAttribute('data-trust', 'private');
  }
  expect(middle.read.some((signal) => signal.includes('a=fingerprint'))).toBe(true);
  expect(middle.failed).toBe(0);
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

test('the pictures are the same on both screens, whatever the language, and prove a call by number', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person({ locale: 'ko-KR' })];
  for (const one of [ann, ben]) {
    await one.home.open();
    await one.home.join(room);
  }
  await Promise.all([ann, ben].map(seesTheOther));
  const seen: string[] = [];
  for (const { call } of [ann, ben]) {
    await call.tiles.first().locator('.trust summary').click();
    const pictures = call.tiles.first().locator('.trust-picture');
    await expect(pictures).toHaveText(Array<RegExp>(6).fill(/\S/));
    seen.push((await pictures.allTextContents()).join(' '));
  }
  expect(seen[0]).toBe(seen[1]);
  await expect(ann.call.tiles.first().locator('.trust-pictures')).not.toContainText(/[가-힣]/);
  await expect(ben.call.tiles.first().locator('.trust-pictures')).toContainText(/[가-힣]/);
  for (const one of [ann, ben]) {
    await one.call.tiles.first().locator('.trust-same').click();
    await trustOf(one).toHaveAttribute('data-trust', 'private');
  }
  // They stay as long as both pages do, and a page that is loaded again is another one.
  await ann.page.evaluate(() => window.dispatchEvent(new Event('online')));
  await seesTheOther(ann);
  await trustOf(ann).toHaveAttribute('data-trust', 'private');
  await ben.page.reload();
  for (const one of [ann, ben]) await trustOf(one).toHaveAttribute('data-trust', 'unchecked');
});

test('with a server in between the pictures differ, and who says so is sent nothing more', async ({ person, room }) => {
  const middle = new Middle(room);
  const [ann, ben] = await twoInCall(person, room, { prepare: middle.prepare });
  const seen: string[] = [];
  for (const { call } of [ann, ben]) {
    await call.tiles.first().locator('.trust summary').click();
    const pictures = call.tiles.first().locator('.trust-picture');
    await expect(pictures).toHaveText(Array<RegExp>(6).fill(/\S/));
    seen.push((await pictures.allTextContents()).join(' '));
  }
  expect(seen[0]).not.toBe(seen[1]);
  await ann.call.tiles.first().locator('.trust-differ').click();
  for (const one of [ann, ben]) {
    await trustOf(one).toHaveAttribute('data-trust', 'stopped');
    await expect(one.call.tiles.first()).toContainText('Somebody may be in between.');
    const open = () =>
      one.page.evaluate(() => window.watch.connections.filter(({ connectionState }) => connectionState !== 'closed').length);
    await expect.poll(open).toBe(0);
  }
});

/** A key pair of P-256 by its parts in hexadecimal. */
async function keyPair(d: string, x: string, y: string): Promise<CryptoKeyPair> {
  const [secret, one, other] = [d, x, y].map((part) => Buffer.from(part, 'hex').toString('base64url'));
  const key = { kty: 'EC', crv: 'P-256', x: one, y: other };
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
  return {
    publicKey: await crypto.subtle.importKey('jwk', key, algorithm, true, []),
    privateKey: await crypto.subtle.importKey('jwk', { ...key, d: secret }, algorithm, false, ['deriveBits']),
  };
}

test('keys, boxes and pictures are those of the vector', async () => {
  // RFC 5903, section 8.1: the initiator is the lower one.
  const low = await keyPair(
    'C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433',
    'DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180',
    '5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3',
  );
  const high = await keyPair(
    'C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53',
    'D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63',
    '56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB',
  );
  const hex = (text: string) => Buffer.from(text, 'base64url').toString('hex');
  const number = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
  const ours = await sealedPage('4711', SECRET, low);
  const theirs = await sealedPage('4711', SECRET, high);
  expect(ours.door).toBe('3NEtrsyq');
  const party = { peer: 2, page: 2, hello: theirs.hello };

  const linked = await ours.seal({ peer: 1, page: 1 }, { ...party, door: ours.door });
  expect(hex(linked.key)).toBe('23cfea6125ca78a8b24eb1c5dcce097f6dad062c425644c0d05c4cb67708148e');
  expect(hex(linked.check)).toMatch(/^a468cb52/);
  expect(hex(await linked.commit(number(1)))).toMatch(/^a1fa045c/);
  expect(await linked.pictures(number(1), number(2))).toEqual([49, 37, 19, 34, 57, 18]);
  const box = await linked.close({ type: 'who', name: 'Ann' });
  expect(box).toMatch(/^AgAAAAG3h8VA5l3YSZAzFaP-/);
  expect(createHash('sha256').update(Buffer.from(box, 'base64url')).digest('hex')).toMatch(/^5dc6b4085b13d843/);
  const answering = await theirs.seal({ peer: 2, page: 2 }, { peer: 1, page: 1, hello: ours.hello, door: ours.door });
  expect(await answering.open(box)).toEqual({ type: 'who', name: 'Ann' });
});
