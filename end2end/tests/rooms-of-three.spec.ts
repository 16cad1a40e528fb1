import { gapOf } from '../fixtures/frames';
import { expectFullMesh, joins } from '../fixtures/mesh';
import { expect, test } from '../fixtures/test';

const LONGEST_GAP_MS = 2_000;

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3' } });

test('three people all see each other, a fourth is told that the room is full', async ({ person, room }) => {
  const people = [await person(), await person(), await person()];
  for (const one of people) await joins(one, room);
  await expectFullMesh(people);
  const fourth = await person();
  await fourth.home.open(`/room/${room}`);
  await fourth.home.connect.click();
  await expect(fourth.home.notice).toContainText('All seats are taken');
  await expectFullMesh(people);
});

test('when one of three leaves, the picture of the other does not stop, and the third may come back', async ({
  person,
  room,
}) => {
  const [ann, ben, cem] = [await person(), await person(), await person()];
  for (const one of [ann, ben, cem]) await joins(one, room);
  await expectFullMesh([ann, ben, cem]);
  const seen = await ann.call.remote.elementHandle();
  const gap = await gapOf(ann.call.remote);
  await cem.call.leave.click();
  await expectFullMesh([ann, ben]);
  expect(await ann.call.remote.evaluate((video, before) => video === before, seen), 'the same <video> lives on').toBe(true);
  expect(await gap(), 'the longest gap').toBeLessThan(LONGEST_GAP_MS);
  await cem.home.connect.click();
  await expectFullMesh([ann, ben, cem]);
});

test('all three press Join at the same moment', async ({ person, room }) => {
  const people = [await person(), await person(), await person()];
  for (const { home } of people) await home.open(`/room/${room}`);
  await Promise.all(people.map(({ home }) => home.connect.click()));
  await expectFullMesh(people);
});
