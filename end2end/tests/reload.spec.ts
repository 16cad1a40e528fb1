// One that reloads alone, and how soon the pictures are back, stands in chaos-pages.spec.ts.
import { framesGrow } from '../fixtures/media';
import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';

test('both reload at the same moment', { tag: '@full' }, async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await Promise.all([ann, ben].map(({ page }) => page.reload()));
  await Promise.all([ann, ben].map(seesTheOther));
});

test('a reload does not lose the seat to a third who waits for it', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const cem = await person();
  await cem.home.open(`/room/${room}`);
  await ben.page.reload();
  await cem.home.connect.click();
  await expect(cem.home.notice).toContainText('All seats are taken');
  await Promise.all([ann, ben].map(seesTheOther));
});

test('somebody muted and unseen is so after a reload', async ({ person, room }) => {
  const [, ben] = await twoInCall(person, room);
  await ben.call.mute.click();
  await ben.call.camera.click();
  await ben.page.reload();
  await ben.call.expectConnected(1);
  await expect(ben.call.mute).toHaveAttribute('data-state', 'muted');
  await expect(ben.call.camera).toHaveAttribute('data-state', 'muted');
  await framesGrow(ben.call.remote);
  const cameras = () => ben.page.evaluate(() => window.watch.streams.flatMap((s) => s.getVideoTracks()).map((track) => track.readyState));
  await expect.poll(cameras, 'no camera is on that nobody wants').not.toContain('live');
});

test('after leaving, a reload does not go back into the call', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await ben.call.leave.click();
  await ben.home.expectShown();
  await ben.page.reload();
  await ben.home.ready();
  await ben.home.expectShown();
  await ann.call.expectAlone();
});
