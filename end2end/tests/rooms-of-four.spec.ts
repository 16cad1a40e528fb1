import { CHROMIUM, CHROMIUM_ARGS, SLOW_CAMERA } from '../fixtures/chromium';
import { expectFullMesh, joins } from '../fixtures/mesh';
import { test } from '../fixtures/test';

// Rooms hold up to eight; five browsers already are more than two cores can encode for in time.
// Ten pictures a second leave four of them time.
test.use({
  settings: { PARLOR_ROOMS_CAPACITY: '4' },
  launchOptions: { executablePath: CHROMIUM, args: [...CHROMIUM_ARGS, ...SLOW_CAMERA] },
});

test('four people all see each other', async ({ person, room }) => {
  test.setTimeout(120_000);
  const people = [];
  for (let i = 0; i < 4; i++) people.push(await person({ devices: { small: true } }));
  for (const one of people) await joins(one, room);
  await expectFullMesh(people);
});
