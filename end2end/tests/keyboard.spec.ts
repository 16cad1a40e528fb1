import { type Locator, type Page } from '@playwright/test';

import { expect, seesTheOther, test, twoInCall, type Person } from '../fixtures/test';

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
    // A key of the dock shows it on its face.
    const style = getComputedStyle(element.querySelector('.key-face') ?? element);
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

test('a whole call goes by keyboard: join, mute, camera, leave, join again', async ({ person, room }) => {
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
  const copied = ann.page.locator('.waiting .copy-status[role="status"]');
  await expect(copied).toHaveText('', { useInnerText: true });
  const beforeCopied = await copied.elementHandle();
  await ann.call.copyLink.click();
  await expect(copied).toHaveText(/Link copied/, { useInnerText: true });
  expect(await copied.evaluate((now, before) => now === before, beforeCopied)).toBe(true);

  await ben.home.open();
  // Who comes without the link that was copied knocks.
  await ben.home.join(room, 'Ben');
  await said(/Ben\u2069 would like to come in/);
  await ann.page.locator('#knock .let-in').click();
  await said(/Ben\u2069 has come in\./);
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

test('what is closed gives the focus back to what has opened it', async ({ person, room }) => {
  const [{ page }] = await twoInCall(person, room);
  const more = page.locator('#more-button');
  const sheet = page.locator('#more');
  await more.click();
  await sheet.locator('.dialog-head button').click();
  await expect(sheet).toHaveCount(0);
  await expect(more, 'by the cross').toBeFocused();

  await more.click();
  await expect(sheet).toBeVisible();
  await page.mouse.click(5, 5);
  await expect(sheet).toHaveCount(0);
  await expect(more, 'by a press beside it').toBeFocused();

  await more.click();
  await page.locator('#settings-button').click();
  const settings = page.locator('#settings');
  await expect(settings).toBeVisible();
  await expect(settings.locator('.dialog-head button')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(settings).toHaveCount(0);
  await expect(more, 'from one to the next').toBeFocused();

  const people = page.locator('#people-button');
  await people.click();
  await expect(page.locator('#people')).toBeFocused();
  await page.locator('#people .panel-head button').click();
  await expect(page.locator('#people')).toHaveCount(0);
  await expect(people, 'beside the pictures').toBeFocused();

  const react = page.locator('#reaction-button');
  await react.click();
  await page.locator('.emoji [data-reaction="clap"]').click();
  await expect(react).toBeFocused();
  await react.press('Enter');
  await page.locator('.emoji [data-reaction="clap"]').focus();
  await page.keyboard.press('Escape');
  await expect(page.locator('.emoji')).toBeHidden();
  await expect(react).toBeFocused();

  await page.locator('#hide-own-button').press('Enter');
  await expect(page.locator('#show-own-button')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#hide-own-button')).toBeFocused();
});

test('arrow keys go through the pages of the settings', async ({ person }) => {
  const { page, home } = await person();
  await home.open();
  await page.locator('#settings-button').click();
  const tabs = page.locator('#settings [role="tab"]');
  const picture = page.locator('#page-picture');
  await page.locator('#tab-sound').press('ArrowUp');
  await expect(page.locator('#tab-picture')).toBeFocused();
  await expect(picture).toBeVisible();
  await expect(page.getByRole('tabpanel', { name: 'Picture' })).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await expect(page.locator('#tab-language')).toBeFocused();
  await expect(picture).toBeHidden();
  await expect(tabs.and(page.locator('[tabindex="0"]')), 'one of them is a stop of Tab').toHaveCount(1);
  await page.keyboard.press('Tab');
  await expect(page.locator('#page-language a').first()).toBeFocused();
});
