import { expectFullMesh, joins } from '../fixtures/mesh';
import { test } from '../fixtures/test';

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '8' } });

test('eight people all see each other', async ({ person, room }) => {
  test.setTimeout(180_000);
  const people = [];
  for (let i = 0; i < 8; i++) people.push(await person({ devices: { small: true } }));
  for (const one of people) await joins(one, room);
  await expectFullMesh(people);
});
