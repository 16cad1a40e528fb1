import { brightness, framesGrow, hears, hearsSilence } from '../fixtures/media';
import { expect, test, twoInCall } from '../fixtures/test';

const BLACK = 8;

test('mute is silence at the other side, and only there', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await hears(ben.page);
  await expect(ann.call.mute).toHaveAttribute('aria-pressed', 'false');
  await ann.call.mute.click();
  await expect(ann.call.mute).toHaveAttribute('aria-pressed', 'true');
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await hearsSilence(ben.page);
  await hears(ann.page);
  await framesGrow(ben.call.remote);

  await ann.call.mute.click();
  await expect(ann.call.mute).toHaveAttribute('aria-pressed', 'false');
  await hears(ben.page);
});

test('camera off is black at the other side, and the voice goes on', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await expect.poll(() => brightness(ben.call.remote)).toBeGreaterThan(10 * BLACK);
  await ann.call.camera.click();
  await expect(ann.call.camera).toHaveAttribute('data-state', 'muted');
  await expect.poll(() => brightness(ben.call.remote)).toBeLessThan(BLACK);
  await hears(ben.page);
  await framesGrow(ann.call.remote);

  await ann.call.camera.click();
  await expect(ann.call.camera).toHaveAttribute('data-state', 'on');
  await expect.poll(() => brightness(ben.call.remote)).toBeGreaterThan(10 * BLACK);
});

test('who mutes before joining is silent from the first moment', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectAlone();
  await ann.call.mute.click();
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await ben.home.open();
  await ben.home.join(room);
  await ben.call.expectConnected(1);
  await framesGrow(ben.call.remote);
  await hearsSilence(ben.page);
});
