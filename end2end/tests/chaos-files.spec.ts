import { rm } from 'node:fs/promises';

import { expect, LOST_LINE, test } from '../fixtures/chaos';
import { digestOf } from '../fixtures/digest';
import { fileOf, MB, twoWithFiles, withoutPicker } from '../fixtures/files';
import { lineDown, noteFrames, seatBack } from '../fixtures/frames';

test('a file of 300 MB arrives as it was sent, although the server is killed meanwhile', async ({ person, room, mortal }) => {
  test.setTimeout(300_000);
  const server = await mortal();
  const people = await twoWithFiles(person, room, {
    baseURL: server.url,
    provokes: LOST_LINE,
    prepare: (context) => Promise.all([noteFrames(context), withoutPicker(context)]),
  });
  const [ann, ben] = people;
  const path = await fileOf('larger.bin', 300 * MB);
  await ann.send(path);
  await ben.cards.locator('.file-accept').click();
  await expect.poll(() => ben.share()).toBeGreaterThan(0.02);
  const killed = Date.now();
  await server.kill();
  await Promise.all(people.map(({ one }) => lineDown(one.page)));
  const share = await ben.share();
  expect(share, 'it was killed in the middle').toBeLessThan(1);
  await expect.poll(() => ben.share(), 'it goes on without a server').toBeGreaterThan(share);
  await server.start();
  await Promise.all(people.map(({ one }) => seatBack(one.page, killed)));
  await ben.expectState('done', 240_000);
  await ann.expectState('done');
  expect((await ben.save()).digest).toBe(await digestOf(path));
  await rm(path);
});
