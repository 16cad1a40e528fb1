// Screens: beside the camera, with a sound of their own, as others see and hear them.
import { joins } from '../fixtures/mesh';
import { inWindow, isOpen, press, shown as shownThere } from '../fixtures/floating';
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

/** Ann shares a screen, which Ben has in a window of its own. */
async function withScreenInWindow(ann: Person, ben: Person): Promise<void> {
  await key(ann).click();
  await framesGrow(shown(ben));
  await ben.page.bringToFront();
  await takeOut(ben);
}

async function takeOut({ page }: Person): Promise<void> {
  await page.locator('.screen').hover();
  await page.locator('.screen-float').click();
  await expect.poll(() => shownThere(page, '.screen-video')).toHaveLength(1);
}

const elsewhere = ({ page }: Person) => page.locator('.screen-elsewhere');

/** Moves the mouse, or turns its wheel, at a part of the window, with events of the window's own classes. */
const mouse = ({ page }: Person, name: 'wheel' | 'pointerdown' | 'pointermove' | 'pointerup', part: number) =>
  inWindow(
    page,
    (there, { name, part }) => {
      const own = there.defaultView as Window & typeof globalThis;
      const at = { clientX: own.innerWidth * part, clientY: own.innerHeight / 2, bubbles: true, cancelable: true };
      const event =
        name === 'wheel' ? new own.WheelEvent(name, { ...at, deltaY: -400 }) : new own.PointerEvent(name, { ...at, pointerId: 1 });
      there.querySelector('.screen')!.dispatchEvent(event);
    },
    { name, part },
  );

test('a screen in a window of its own is looked at and pointed at there, and the others have its place', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room, WITH_SCREENS, {});
  await withScreenInWindow(ann, ben);
  await expect(shown(ben)).toHaveCount(0);
  await expect(elsewhere(ben)).toContainText('in a window of its own');
  await expect(ben.page.locator('.stage')).toHaveAttribute('data-layout', 'single');
  const part = () =>
    inWindow(ben.page, (there) => {
      const { width, height } = there.querySelector('.screen-video')!.getBoundingClientRect();
      return Math.min(width / there.defaultView!.innerWidth, height / there.defaultView!.innerHeight);
    });
  await expect.poll(part, 'it fills the window').toBeGreaterThan(0.95);
  const frames = () =>
    inWindow(ben.page, (there) => there.querySelector<HTMLVideoElement>('.screen-video')!.getVideoPlaybackQuality().totalVideoFrames);
  const before = await frames();
  await expect.poll(frames, 'it moves').toBeGreaterThan(before + 3);

  const transform = () =>
    inWindow(ben.page, (there) => there.querySelector<HTMLElement>('.screen-video')!.style.transform.match(/-?[\d.]+/g)!.map(Number));
  await mouse(ben, 'wheel', 0.5);
  await expect.poll(async () => (await transform())[2]).toBeGreaterThan(1.5);
  for (const [name, at] of [['pointerdown', 0.5], ['pointermove', 0.4], ['pointerup', 0.4]] as const) await mouse(ben, name, at);
  await expect.poll(async () => (await transform())[0], 'it is moved').toBeLessThan(-20);
  await inWindow(ben.page, (there) => {
    const own = there.defaultView as Window & typeof globalThis;
    there.querySelector('.screen')!.dispatchEvent(new own.KeyboardEvent('keydown', { key: '0', bubbles: true }));
  });
  await expect.poll(async () => (await transform())[2]).toBe(1);

  await press(ben.page, '.tool-pen');
  for (const [name, at] of [['pointerdown', 0.4], ['pointermove', 0.6], ['pointerup', 0.6]] as const) await mouse(ben, name, at);
  const drawn = () =>
    inWindow(ben.page, (there) => {
      const canvas = there.querySelector<HTMLCanvasElement>('.screen-pointers')!;
      return canvas.getContext('2d')!.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[3]! > 0;
    });
  // At once: it fades.
  await Promise.all([
    expect.poll(drawn, { message: 'it is drawn there', intervals: [50] }).toBe(true),
    expect(ann.page.locator('.sharing-points')).toContainText('is pointing'),
  ]);
  await expect.poll(drawn, 'it fades').toBe(false);

  await elsewhere(ben).getByRole('button').click();
  await expect.poll(() => isOpen(ben.page)).toBe(false);
  await framesGrow(shown(ben));
  await expect(elsewhere(ben)).toBeHidden();
  await expect(ben.page.locator('.stage')).toHaveAttribute('data-layout', 'large');
});

test('the window of a screen gives way to that of the call, and ends with what is shared and with the call', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room, WITH_SCREENS, {});
  await withScreenInWindow(ann, ben);
  await ben.page.locator('#floating-button').click();
  await expect(ben.page.getByText('The call is in the small window.')).toBeVisible();
  await expect.poll(() => shownThere(ben.page, '#mute-button', '.screen-video'), 'both are in it').toHaveLength(2);
  await ben.page.getByRole('button', { name: 'Bring it back' }).click();
  await framesGrow(shown(ben));
  await expect.poll(() => isOpen(ben.page)).toBe(false);

  await takeOut(ben);
  await ann.page.locator('#screen-stop-button').click();
  await expect.poll(() => isOpen(ben.page)).toBe(false);
  await expect(elsewhere(ben)).toBeHidden();

  await withScreenInWindow(ann, ben);
  await ben.call.leave.click();
  await ben.home.expectShown();
  await expect.poll(() => isOpen(ben.page)).toBe(false);
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
