import { Middle } from '../fixtures/middle';
import { expect, seesTheOther, test, twoInCall, type Person } from '../fixtures/test';

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3' } });

const SECRET = 'AAECAwQFBgcICQoLDA0ODw';

/** Goes in by an invite link. */
async function byLink({ page, home, call }: Person, room: string): Promise<void> {
  await page.goto(`/room/${room}#${SECRET}`);
  await home.ready();
  await home.connect.click();
  await call.expectShown();
}

async function byNumber({ home, call }: Person, room: string, name?: string): Promise<void> {
  await home.open();
  await home.join(room, name);
  await call.expectShown();
}

const knockOf = ({ page }: Person) => page.locator('#knock');

async function waits({ call }: Person): Promise<void> {
  await expect(call.tiles.first()).toHaveAttribute('data-link', 'held');
  await expect(call.tiles.first()).toContainText('Waiting to be let in');
}

/** Opens the panel of who is here. */
async function openPeople({ page }: Person): Promise<void> {
  await page.locator('#people-button').click();
  await expect(page.locator('#lock-button')).toBeVisible();
}

/** The connections that have a description of somebody else. */
const described = ({ page }: Person) =>
  page.evaluate(() => window.watch.connections.filter(({ remoteDescription }) => remoteDescription).length);

test('who comes by the number to people with a link knocks, sends and gets nothing, and is let in', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await byLink(ann, room);
  await byNumber(ben, room, 'Ben');
  await expect(knockOf(ann)).toContainText(/Ben.? would like to come in/);
  await waits(ben);
  await ann.call.expectAlone();
  expect([await described(ann), await described(ben)]).toEqual([0, 0]);

  await knockOf(ann).locator('.let-in').click();
  await expect(ann.call.notice).toContainText(/Ben.? has come in/);
  for (const one of [ann, ben]) {
    await seesTheOther(one);
    await expect(one.call.tiles.first()).toHaveAttribute('data-trust', 'unchecked');
  }
  await expect(knockOf(ann)).toBeHidden();

  // Another page of Ben's is somebody else, as far as anybody can tell.
  await ben.page.reload();
  await expect(knockOf(ann)).toBeVisible();
  await waits(ben);
});

test('"Not now" leaves them outside, and the list of people lets them in later', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await byLink(ann, room);
  await byNumber(ben, room, 'Ben');
  await knockOf(ann).locator('.not-now').click();
  await expect(knockOf(ann)).toBeHidden();
  await waits(ben);
  await openPeople(ann);
  const outside = ann.page.locator('[data-knock]');
  await expect(outside).toContainText('Ben');
  await outside.locator('.let-in').click();
  await Promise.all([ann, ben].map(seesTheOther));
  await expect(outside).toHaveCount(0);
});

test('a call by number is locked by one of them for both, and unlocked', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await openPeople(ann);
  const lock = ann.page.locator('#lock-button');
  await expect(lock).toHaveAttribute('aria-pressed', 'false');
  await lock.click();
  await expect(lock).toHaveAttribute('aria-pressed', 'true');
  await expect(ben.call.notice).toContainText('The room has been locked.');
  const cat = await person();
  await byNumber(cat, room);
  for (const one of [ann, ben]) {
    await expect(knockOf(one)).toContainText('Somebody without your invite link');
    await one.call.expectConnected(1);
  }
  // Ben has followed Ann, and so does his page when she lets in.
  await lock.click();
  for (const one of [ann, ben, cat]) await one.call.expectConnected(2);
  await expect(knockOf(ben)).toBeHidden();
});

test('who is checked by one whom one has checked is private without another comparison', async ({ person, room }) => {
  const [ann, ben, cat] = [await person(), await person(), await person()];
  for (const [one, name] of [[ann, 'Ann'], [ben, 'Ben'], [cat, 'Cat']] as const) await byNumber(one, room, name);
  for (const one of [ann, ben, cat]) await one.call.expectConnected(2);
  const tileOf = ({ call }: Person, name: string) => call.tiles.filter({ has: call.page.locator('.tile-name', { hasText: name }) });
  for (const [one, name] of [[ann, 'Ben'], [ann, 'Cat'], [ben, 'Ann'], [cat, 'Ann']] as const) {
    const card = tileOf(one, name).locator('.trust');
    await card.locator('summary').click();
    await card.locator('.trust-same').click();
    await card.locator('summary').click();
  }
  for (const [one, name] of [[ben, 'Cat'], [cat, 'Ben']] as const) {
    await expect(tileOf(one, name)).toHaveAttribute('data-trust', 'private');
    await tileOf(one, name).locator('.trust summary').click();
    await expect(tileOf(one, name).locator('.trust-card')).toContainText(/Ann.? has checked this person/);
  }
});

test('who copies the invite link is asked about those who come without it, also after a reload', async ({ person, room }) => {
  const [ann, ben] = [await person({ permissions: ['clipboard-read', 'clipboard-write'] }), await person()];
  await byNumber(ann, room);
  await ann.call.copyLink.click();
  await expect(ann.page.locator('.copy-status')).toContainText('Anybody else has to knock.');
  await ann.page.reload();
  await ann.call.expectAlone();
  await byNumber(ben, room);
  await expect(knockOf(ann)).toBeVisible();
  await waits(ben);
});

test('a server that says that they came by other links gets nobody together by itself', async ({ person, room }) => {
  const middle = new Middle(room, undefined, true);
  const [ann, ben] = [await person({ prepare: middle.prepare }), await person({ prepare: middle.prepare })];
  for (const one of [ann, ben]) await byLink(one, room);
  for (const one of [ann, ben]) {
    await expect(knockOf(one)).toBeVisible();
    await one.call.expectAlone();
    expect(await described(one)).toBe(0);
  }
  expect(middle.read.length).toBeGreaterThan(0);
  expect(middle.read.every((signal) => signal === '{"hold":{}}'), middle.read.join()).toBe(true);
});
