import type { Page } from '@playwright/test';

import { inWindow, isOpen, press, shown } from '../fixtures/floating';
import { hearsSilence } from '../fixtures/media';
import { expect, seesTheOther, test, twoInCall, type Person } from '../fixtures/test';

const framesThere = (page: Page) =>
  inWindow(page, (there) => there.querySelector<HTMLVideoElement>('#remote-video')!.getVideoPlaybackQuality().totalVideoFrames);

/** Opens it by its button, and waits for the call in it. */
async function float({ page }: Person): Promise<void> {
  await page.locator('#floating-button').click();
  await expect.poll(() => isOpen(page)).toBe(true);
  await expect(page.getByText('The call is in the small window.')).toBeVisible();
  await expect.poll(() => shown(page, '#video-chat-container')).toHaveLength(1);
}

test('the call floats in a window of its own with picture and keys, and comes back', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const { page } = ann;
  await page.bringToFront();
  await float(ann);

  await expect.poll(() => shown(page, '#remote-video', '#mute-button', '#hand-button', '#leave-button')).toHaveLength(4);
  // The window gets its size, and its style sheets, after it is there.
  const pictureFills = () =>
    inWindow(page, (there) => {
      const { innerWidth, innerHeight } = there.defaultView!;
      const { left, top, right, bottom } = there.querySelector('#remote-video')!.getBoundingClientRect();
      const wide = (Math.min(right, innerWidth) - Math.max(left, 0)) / innerWidth;
      const high = (Math.min(bottom, innerHeight) - Math.max(top, 0)) / innerHeight;
      return wide > 0.9 && high > 0.5 ? 'yes' : `${wide} of the width, ${high} of the height`;
    });
  await expect.poll(pictureFills, 'the picture fills the window').toBe('yes');
  const before = await framesThere(page);
  await expect.poll(() => framesThere(page), 'the picture moves').toBeGreaterThan(before + 3);
  expect(await shown(page, '#more-button', '#people-button', '#fullscreen-button'), 'what opens in the page').toEqual([]);
  expect(await inWindow(page, (there) => there.defaultView!.getComputedStyle(there.querySelector('main')!).backgroundColor)).toBe(
    await page.locator('main').evaluate((main) => getComputedStyle(main).backgroundColor),
  );

  await press(page, '#mute-button');
  await hearsSilence(ben.page);
  await ben.call.expectOff(['Muted']);
  await inWindow(page, (there) => {
    const pressed = new KeyboardEvent('keydown', { key: 'm', code: 'KeyM', bubbles: true });
    there.body.dispatchEvent(pressed);
  });
  await ben.call.expectOff([]);
  await press(page, '#hand-button');
  await expect(ben.page.locator('[data-peer][data-hand="1"]')).toBeVisible();

  await page.getByRole('button', { name: 'Bring it back' }).click();
  await expect.poll(() => isOpen(page)).toBe(false);
  await expect(ann.call.container).toBeVisible();
  await expect(page.getByText('The call is in the small window.')).toBeHidden();
  await seesTheOther(ann);
});

test('a picture that pauses in the floating window is played again there', async ({ person, room }) => {
  const [ann] = await twoInCall(person, room);
  await ann.page.bringToFront();
  await float(ann);
  const isPaused = (pauses: boolean) =>
    inWindow(
      ann.page,
      (there, pauses) => {
        const picture = there.querySelector<HTMLVideoElement>('#remote-video')!;
        if (pauses) picture.pause();
        return picture.paused;
      },
      pauses,
    );
  expect(await isPaused(true)).toBe(true);
  await expect.poll(() => isPaused(false)).toBe(false);
  await ann.page.getByRole('button', { name: 'Bring it back' }).click();
  await expect(ann.call.container).toBeVisible();
});

test('the floating window closes with the call', async ({ person, room }) => {
  const [ann] = await twoInCall(person, room);
  await ann.page.bringToFront();
  await float(ann);
  await press(ann.page, '#leave-button');
  await ann.home.expectShown();
  await expect.poll(() => isOpen(ann.page)).toBe(false);
  await expect(ann.page.locator('#video-chat-container')).toHaveCount(1);
});
