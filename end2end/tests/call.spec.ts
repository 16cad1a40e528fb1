import { expect, test, twoInCall } from '../fixtures/test';
import { framesGrow, hears } from '../fixtures/media';

test('two people who type the same room number see and hear each other', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await Promise.all([ann, ben].map(({ call }) => framesGrow(call.local)));
  await Promise.all([ann, ben].map(({ page }) => hears(page)));
  await Promise.all([ann, ben].map(({ call }) => framesGrow(call.remote)));
});

test('a third is told in place that the room is full, and the call of the two goes on unharmed', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const cem = await person();
  await cem.home.open();
  await cem.home.join(room);
  await expect(cem.home.notice).toContainText('This room is full');
  await cem.home.expectShown();
  await expect(cem.home.room).toHaveValue(room);

  for (const { call } of [ann, ben]) {
    await call.expectConnected(1);
    await framesGrow(call.remote);
  }
});

test('the third gets in as soon as somebody leaves', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const cem = await person();
  await cem.home.open();
  await cem.home.join(room);
  await expect(cem.home.notice).toContainText('This room is full');

  await ben.call.leave.click();
  await ann.call.expectAlone();
  await cem.home.connect.click();
  for (const { call } of [ann, cem]) {
    await call.expectConnected(1);
    await framesGrow(call.remote);
  }
});

test('the names that people give stand beside their pictures', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await ann.home.join(room, 'Ann');
  await ann.call.expectAlone();
  await ben.home.open();
  await ben.home.join(room, 'Ben <b>&</b>');
  await expect(ann.call.tiles).toContainText('Ben <b>&</b>');
  await expect(ben.call.tiles).toContainText('Ann');
});

test('calls in different rooms do not mix', async ({ person, room }) => {
  await twoInCall(person, room);
  const other = await person();
  await other.home.open();
  await other.home.join(`${room}1`);
  await other.call.expectAlone();
});
