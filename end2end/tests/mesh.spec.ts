import { frames, framesGrow } from '../fixtures/media';
import { expect, test, type Person } from '../fixtures/test';

/** Everybody sees everybody else. */
async function expectFullMesh(people: Person[]): Promise<void> {
  for (const { call } of people) {
    await call.expectConnected(people.length - 1);
    for (const video of await call.remotes.all()) await framesGrow(video);
  }
}

async function joins(one: Person, room: string): Promise<void> {
  await one.home.open(`/room/${room}`);
  await one.home.connect.click();
  await one.call.expectShown();
}

test.describe('in rooms of three', () => {
  test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3' } });

  test('three people all see each other, a fourth is told that the room is full', async ({ person, room }) => {
    const people = [await person(), await person(), await person()];
    for (const one of people) await joins(one, room);
    await expectFullMesh(people);
    const fourth = await person();
    await fourth.home.open(`/room/${room}`);
    await fourth.home.connect.click();
    await expect(fourth.home.notice).toContainText('This room is full');
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
    await cem.call.leave.click();
    await expectFullMesh([ann, ben]);
    expect(await ann.call.remote.evaluate((video, before) => video === before, seen), 'the same <video> lives on').toBe(true);
    expect(await frames(ann.call.remote)).toBeGreaterThan(0);
    await cem.home.connect.click();
    await expectFullMesh([ann, ben, cem]);
  });

  test('all three press CONNECT at the same moment', async ({ person, room }) => {
    const people = [await person(), await person(), await person()];
    for (const { home } of people) await home.open(`/room/${room}`);
    await Promise.all(people.map(({ home }) => home.connect.click()));
    await expectFullMesh(people);
  });
});

test.describe('in rooms of eight', () => {
  test.use({ settings: { PARLOR_ROOMS_CAPACITY: '8' } });

  test('eight people all see each other', async ({ person, room }) => {
    test.setTimeout(180_000);
    const people = [];
    for (let i = 0; i < 8; i++) people.push(await person({ devices: { small: true } }));
    for (const one of people) await joins(one, room);
    await expectFullMesh(people);
  });
});
