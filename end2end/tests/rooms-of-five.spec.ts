import { expectFullMesh, joins } from '../fixtures/mesh';
import { test } from '../fixtures/test';

// Rooms hold up to eight; eight browsers are more than two cores can encode for in time.
test.use({ settings: { PARLOR_ROOMS_CAPACITY: '5' } });

test('five people all see each other', async ({ person, room }) => {
  test.setTimeout(120_000);
  const people = [];
  for (let i = 0; i < 5; i++) people.push(await person({ devices: { small: true } }));
  for (const one of people) await joins(one, room);
  await expectFullMesh(people);
});
