import { hears, openConnections } from '../fixtures/media';
import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';

test('who leaves is gone at the other side at once, and is back at the start with the number still there', async ({
  person,
  room,
}) => {
  const [ann, ben] = await twoInCall(person, room);
  await ben.call.leave.click();
  await ann.call.expectAlone();
  await ben.home.expectShown();
  await expect(ben.home.room).toHaveValue(room);
  for (const { page } of [ann, ben]) await expect.poll(() => openConnections(page)).toBe(0);
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

test('the guest leaves and comes back, again and again', async ({ person, room }) => {
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

test('whoever opened the room leaves and comes back as the guest, again and again', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  for (let round = 0; round < 3; round++) {
    await ann.call.leave.click();
    await ben.call.expectAlone();
    await ann.home.connect.click();
    await Promise.all([ann, ben].map(seesTheOther));
  }
  await Promise.all([ann, ben].map(({ page }) => hears(page)));
});

test('both leave and meet again, in either order', async ({ person, room }) => {
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

test('the one who stays can be called by somebody else', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await ben.call.leave.click();
  await ann.call.expectAlone();
  const cem = await person();
  await cem.home.open(`/room/${room}`);
  await cem.home.connect.click();
  await Promise.all([ann, cem].map(seesTheOther));
});

test('pressing CONNECT twice at once makes one call', async ({ person, room }) => {
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

test('both press CONNECT at the same moment', async ({ person, room }) => {
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
