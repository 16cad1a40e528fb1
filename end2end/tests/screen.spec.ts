// Screens: beside the camera, with a sound of their own, as others see and hear them.
import { joins } from '../fixtures/mesh';
import { framesGrow } from '../fixtures/media';
import { box } from '../fixtures/places';
import { endByBrowser, expectApart, hue, withScreens } from '../fixtures/screens';
import { expect, test, twoInCall, type Person } from '../fixtures/test';

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3' } });

const WITH_SCREENS = { prepare: withScreens };

const key = ({ page }: Person) => page.locator('#screen-button');
const shown = ({ page }: Person) => page.locator('video[data-source="screen"]');
const bar = ({ page }: Person) => page.locator('.sharing');

test('a screen comes beside the camera, its sound beside the voice, and goes at a press', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room, WITH_SCREENS, {});
  await key(ann).click();
  const screen = shown(ben);
  await framesGrow(screen);
  await framesGrow(ben.call.remote);
  await expectApart(screen, ben.call.remote);
  await expect(bar(ann)).toBeVisible();
  await expect(key(ann)).toHaveAttribute('aria-pressed', 'true');
  await expect(shown(ann), 'nobody sees the own screen in itself').toHaveCount(0);

  const [place, face] = [await box(screen), await box(ben.call.remote)];
  expect(place.width * place.height, 'the screen is large').toBeGreaterThan(4 * face.width * face.height);
  await expect(screen, 'and whole').toHaveCSS('object-fit', 'contain');
  await expect(ben.page.locator('.screen .tile-foot')).toContainText('is sharing');

  await ann.page.locator('#screen-stop-button').click();
  await expect(screen).toHaveCount(0);
  await expect(bar(ann)).toBeHidden();
  expect(await ann.page.evaluate(() => window.screens.picked.flatMap((stream) => stream.getTracks()).map((track) => track.readyState))).toEqual(['ended', 'ended']);
  await framesGrow(ben.call.remote);
});

test('what is shared is changed without an end, a choice of nothing changes nothing, and the browser can end it', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room, WITH_SCREENS, {});
  const screen = shown(ben);
  const change = ann.page.locator('#screen-change-button');
  // Nothing is shared, and nobody is told what they know.
  await ann.page.evaluate(() => (window.screens.fails = 'NotAllowedError'));
  await key(ann).click();
  await expect.poll(() => ann.page.evaluate(() => window.screens.asked.length)).toBe(1);
  await expect(bar(ann)).toBeHidden();
  await expect(ann.call.notice.locator('p').filter({ visible: true })).toHaveCount(0);

  await ann.page.evaluate(() => (window.screens.fails = undefined));
  await key(ann).click();
  await framesGrow(screen);
  await expect.poll(() => hue(screen)).toBe(0);
  await ann.page.evaluate(() => (window.screens.fails = 'NotAllowedError'));
  await change.click();
  await expect.poll(() => ann.page.evaluate(() => window.screens.asked.length)).toBe(3);
  await framesGrow(screen);
  await ann.page.evaluate(() => (window.screens.fails = undefined));
  await change.click();
  await expect.poll(() => hue(screen), { message: 'the other screen is seen' }).toBe(120);
  await expect(bar(ann)).toBeVisible();

  const hint = () =>
    ann.page.evaluate(() => window.screens.picked.at(-1)!.getVideoTracks()[0]!.contentHint);
  const options = bar(ann).locator('.seg-key');
  expect(await hint()).toBe('text');
  await options.nth(1).click();
  await expect.poll(hint).toBe('motion');
  await expect(options.nth(1)).toHaveAttribute('aria-pressed', 'true');

  await endByBrowser(ann.page);
  await expect(screen).toHaveCount(0);
  await expect(bar(ann)).toBeHidden();
  await expect(key(ann)).toHaveAttribute('aria-pressed', 'false');
});

test('several share at once, who comes later sees it, and a page loaded anew shares nothing', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room, WITH_SCREENS, WITH_SCREENS);
  await key(ann).click();
  await framesGrow(shown(ben));
  await ben.page.keyboard.press('s');
  await framesGrow(shown(ann));
  const cleo = await person();
  await joins(cleo, room);
  await expect(shown(cleo)).toHaveCount(2);
  for (const at of [0, 1]) await framesGrow(shown(cleo).nth(at));
  await ann.page.reload();
  await expect(shown(cleo)).toHaveCount(1);
  await framesGrow(shown(cleo));
  await expect(shown(ann), 'who comes back sees the other one').toHaveCount(1);
  await expect(bar(ann)).toBeHidden();
});

test('one looks closer with wheel, keys and mouse, and all of it is seen again', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room, WITH_SCREENS, {});
  await key(ann).click();
  const screen = ben.page.locator('.screen');
  await framesGrow(shown(ben));
  const scale = async () => {
    const [, scale] = /matrix\(([\d.]+)/.exec(await shown(ben).evaluate((video) => getComputedStyle(video).transform)) ?? [];
    return Number(scale ?? 1);
  };
  const left = async () => (await box(shown(ben))).x;
  const at = await box(screen);
  await ben.page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
  await ben.page.mouse.wheel(0, -400);
  await expect.poll(scale).toBeGreaterThan(1.5);
  const before = await left();
  await ben.page.mouse.down();
  await ben.page.mouse.move(at.x + at.width / 2 - 80, at.y + at.height / 2, { steps: 3 });
  await ben.page.mouse.up();
  expect(await left()).toBeCloseTo(before - 80, 0);
  await screen.press('0');
  await expect.poll(scale).toBe(1);
  await screen.press('+');
  await expect.poll(scale).toBe(1.5);
  await ben.page.locator('.screen-whole').click();
  await expect.poll(scale).toBe(1);
  await screen.dblclick({ position: { x: at.width / 2, y: at.height / 2 } });
  await expect.poll(scale).toBe(2);
  await expect(screen).toHaveAttribute('data-whole', 'no');
});

test('where screens cannot be shared there is no key for it', async ({ person, room }) => {
  const ann = await person({
    prepare: (context) =>
      context.addInitScript(() => window.MediaDevices && Reflect.deleteProperty(MediaDevices.prototype, 'getDisplayMedia')),
  });
  await joins(ann, room);
  await expect(ann.call.mute).toBeVisible();
  await expect(key(ann)).toBeHidden();
});
