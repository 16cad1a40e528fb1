import { type Locator, type Page } from '@playwright/test';

import { expect, seesTheOther, test, type Person } from '../fixtures/test';

const MOST_STOPS = 30;

/** Presses Tab until this element has the focus, and checks that each stop on the way shows it. */
async function tabTo(page: Page, goal: Locator): Promise<void> {
  await expect(goal).toBeVisible();
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await page.keyboard.press('Tab');
    await expectFocusVisible(page);
    if (await goal.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab does not lead to ${goal}`);
}

async function expectFocusVisible(page: Page): Promise<void> {
  const stop = await page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return { name: element.id || element.outerHTML.slice(0, 80), shown: outlined || style.boxShadow !== 'none' };
  });
  if (stop) expect(stop, 'focus is visible').toEqual({ ...stop, shown: true });
}

async function joinsByKeyboard({ page, home }: Person, room: string): Promise<void> {
  await home.open();
  await tabTo(page, home.room);
  await page.keyboard.type(room);
  await tabTo(page, home.connect);
  await page.keyboard.press('Enter');
}

test('a whole call goes by keyboard: join, mute, camera, copy the link, leave, join again', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  for (const one of [ann, ben]) await joinsByKeyboard(one, room);
  await Promise.all([ann, ben].map(seesTheOther));

  const { page, call, home } = ann;
  await tabTo(page, call.mute);
  await page.keyboard.press('Space');
  await expect(call.mute).toHaveAttribute('data-state', 'muted');
  await expect(call.mute, 'the focus stays on the button').toBeFocused();
  await tabTo(page, call.camera);
  await page.keyboard.press('Enter');
  await expect(call.camera).toHaveAttribute('data-state', 'muted');
  await tabTo(page, call.copyLink);
  await page.keyboard.press('Enter');
  await tabTo(page, call.leave);
  await page.keyboard.press('Enter');
  await home.expectShown();
  await ben.call.expectAlone();

  await tabTo(page, home.connect);
  await page.keyboard.press('Enter');
  await Promise.all([ann, ben].map(seesTheOther));
});

test('what happens is announced: words come into a live region that was there before them', async ({ person, room }) => {
  const [ann, ben] = [await person({ permissions: ['clipboard-write', 'camera', 'microphone'] }), await person()];
  const region = ann.page.locator('[role="status"][aria-live="polite"]#notice');
  await ann.home.open();
  await expect(region).toHaveCount(1);
  await expect(region).toHaveText('', { useInnerText: true });
  const before = await region.elementHandle();
  const said = (words: string | RegExp) => expect(region).toHaveText(words, { useInnerText: true });

  await ann.home.join(room);
  await ann.call.expectAlone();
  const copied = ann.page.locator('.controls .copy-status[role="status"]');
  await expect(copied).toHaveText('', { useInnerText: true });
  const beforeCopied = await copied.elementHandle();
  await ann.call.copyLink.click();
  await expect(copied).toHaveText(/Link copied/, { useInnerText: true });
  expect(await copied.evaluate((now, before) => now === before, beforeCopied)).toBe(true);

  await ben.home.open();
  await ben.home.join(room, 'Ben');
  await said(/Ben\u2069 joined\./);
  await ben.call.leave.click();
  await said(/Ben\u2069 left\./);
  await ann.call.leave.click();
  await said(/You left the call\./);
  // A region that is built anew together with its words is not read out.
  expect(await region.evaluate((now, before) => now === before, before)).toBe(true);
});

test('the focus is not lost when the view changes', async ({ person, room }) => {
  const { page, home, call } = await person();
  const focused = () => page.evaluate(() => document.activeElement?.tagName ?? 'BODY');
  await home.open();
  await home.room.fill(room);
  await home.room.press('Enter');
  await call.expectAlone();
  await expect.poll(focused).not.toBe('BODY');
  await call.leave.press('Enter');
  await home.expectShown();
  await expect.poll(focused).not.toBe('BODY');
});
