import { hears, openConnections } from '../fixtures/media';
import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';

test('who leaves is gone at the other side at once, and is back at the start with the number still there', async ({
  person,
  room,
}) => {
  const [ann, ben] = await twoInCall(person, room);
  await expect(ann.page.locator('#lasted'), 'the call lasts').not.toHaveText('0:00');
  await ben.call.leave.click();
  await ann.call.expectAlone();
  const left = ann.page.locator('.waiting');
  await expect(left.getByRole('heading')).toHaveText('Everybody else has left');
  await expect(left).toContainText(/You talked for 0:\d\d\./);
  await ben.home.expectShown();
  await expect(ben.home.room).toHaveValue(room);
  for (const { page } of [ann, ben]) await expect.poll(() => openConnections(page)).toBe(0);
  // The next call begins without a word of this one.
  await ann.call.leave.click();
  await ann.home.connect.click();
  await ann.call.expectAlone();
  await expect(left.getByRole('heading')).toHaveText('The door is open');
});

test('a closed tab shows as away at once and vanishes after its grace', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await ben.page.close({ runBeforeUnload: false });
  await expect(ann.call.tiles).toHaveAttribute('data-link', 'away', { timeout: 3_000 });
  // No frozen last picture either.
  await expect(ann.call.tiles).toHaveAttribute('data-video', 'off', { timeout: 1_000 });
  await ann.call.expectAlone();
  await expect.poll(() => openConnections(ann.page)).toBe(0);
});

test('the guest leaves and comes back, again and again', { tag: '@full' }, async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  for (let round = 0; round < 3; round++) {
    await ben.call.leave.click();
    await ann.call.expectAlone();
    await ben.home.connect.click();
    await Promise.all([ann, ben].map(seesTheOther));
  }
  await Promise.all([ann, ben].map(({ page }) => hears(page)));
  expect(await openConnections(ann.page)).toBe(1);
});

test('whoever opened the room leaves and comes back as the guest, again and again', { tag: '@full' }, async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  for (let round = 0; round < 3; round++) {
    await ann.call.leave.click();
    await ben.call.expectAlone();
    await ann.home.connect.click();
    await Promise.all([ann, ben].map(seesTheOther));
  }
  await Promise.all([ann, ben].map(({ page }) => hears(page)));
});

test('both leave and meet again, in either order', { tag: '@full' }, async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  for (const [first, second] of [
    [ann, ben],
    [ben, ann],
  ] as const) {
    await first.call.leave.click();
    await second.call.expectAlone();
    await second.call.leave.click();
    await second.home.expectShown();
    await second.home.connect.click();
    await second.call.expectAlone();
    await first.home.connect.click();
    await Promise.all([ann, ben].map(seesTheOther));
  }
});

test('the one who stays can be called by somebody else', { tag: '@full' }, async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await ben.call.leave.click();
  await ann.call.expectAlone();
  const cem = await person();
  await cem.home.open(`/room/${room}`);
  await cem.home.connect.click();
  await Promise.all([ann, cem].map(seesTheOther));
});

test('pressing Join twice at once makes one call', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectAlone();
  await ben.home.open();
  await ben.home.room.fill(room);
  await ben.home.connect.dblclick();
  await Promise.all([ann, ben].map(seesTheOther));
  expect(await openConnections(ann.page)).toBe(1);
  expect(await openConnections(ben.page)).toBe(1);
});

test('both press Join at the same moment', async ({ person, room }) => {
  const pair = [await person(), await person()];
  for (const { home } of pair) {
    await home.open();
    await home.room.fill(room);
  }
  await Promise.all(pair.map(({ home }) => home.connect.click()));
  await Promise.all(pair.map(seesTheOther));
});

test('going to another page ends the call for the other side, and coming back brings it back', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await ben.page.goto('about:blank');
  await ann.call.expectAlone();
  await ben.page.goBack();
  await Promise.all([ann, ben].map(seesTheOther));
});

test('what was open in a call is closed with it', async ({ person, room }) => {
  const [{ page, home, call }] = await twoInCall(person, room);
  const people = page.locator('#people');
  await page.locator('#reaction-button').click();
  await page.locator('#people-button').click();
  await expect(people).toBeVisible();
  await call.leave.click();
  await home.expectShown();
  await expect(people).toHaveCount(0);
  await home.connect.click();
  await call.expectConnected(1);
  await expect(people).toHaveCount(0);
  await expect(page.locator('.emoji')).toBeHidden();
});
