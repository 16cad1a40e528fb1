import type { Page } from '@playwright/test';

import { joins } from '../fixtures/mesh';
import { atRest, box, type Box } from '../fixtures/places';
import { expect, test, twoInCall, type PersonOptions } from '../fixtures/test';

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '4' } });

const area = ({ width, height }: Box) => width * height;

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width - 1 && b.x < a.x + a.width - 1 && a.y < b.y + b.height - 1 && b.y < a.y + a.height - 1;
}

test('a mute is seen, a camera that is off is an initial, and who speaks is ringed', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const tile = ben.call.tiles.first();
  await expect(tile).toHaveAttribute('data-muted', 'no');
  await expect(tile, 'the fake microphone beeps').toHaveAttribute('data-speaking', 'yes');
  await expect(ben.page.getByText('Direct', { exact: true }).filter({ visible: true }), 'on no picture').toHaveCount(0);
  const own = ann.page.locator('#own-picture .off');
  await expect(own).toBeHidden();
  await ann.call.mute.click();
  await expect(own, 'one sees it oneself').toBeVisible();
  await expect(ann.call.mute, 'the name does not change').toHaveAccessibleName('Mic');
  await expect(tile).toHaveAttribute('data-muted', 'yes');
  await expect(tile).toHaveAttribute('data-speaking', 'no');
  await expect(tile.locator('.tile-foot .off')).toBeVisible();

  await ann.call.camera.click();
  await expect(tile).toHaveAttribute('data-camera', 'off');
  await expect(tile.locator('.initial')).toBeVisible();
  await expect(ben.call.remote).toHaveCSS('opacity', '0');

  await ben.page.emulateMedia({ forcedColors: 'active' });
  const face = (key: string) =>
    ben.page.locator(`${key} .key-face`).evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await face('#leave-button'), 'one filled key in forced colours').not.toBe(await face('#hand-button'));
});

test('hands have their places in the order in which they went up, and a reaction rises', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const hand = ({ page }: { page: Page }) => page.locator('#hand-button');
  await hand(ben).click();
  await expect(ann.call.tiles.first()).toHaveAttribute('data-hand', '1');
  await hand(ann).click();
  await expect(ben.call.tiles.first()).toHaveAttribute('data-hand', '2');
  await expect(ann.page.locator('#own-picture .hand')).toHaveAccessibleName(/2/);
  await hand(ben).click();
  await expect(ben.call.tiles.first()).toHaveAttribute('data-hand', '1');
  await expect(ann.call.tiles.first()).toHaveAttribute('data-hand', '');

  await ann.page.locator('#reaction-button').click();
  await ann.page.locator('[data-reaction="clap"]').click();
  const reaction = ben.call.tiles.first().locator('.reaction');
  await expect(reaction).toHaveAttribute('data-reaction', 'clap');
  await expect(reaction, 'for a moment').toHaveText('');
  await expect(ann.page.locator('.emoji'), 'what was offered is gone').toBeHidden();
});

test('the own picture goes to the corner where it is let go, or that keys say, and can be hidden', async ({ person, room }) => {
  const [ann] = await twoInCall(person, room);
  const { page } = ann;
  const own = page.locator('#own-picture');
  const { width, height } = page.viewportSize()!;
  const corner = async () => {
    const [at] = await atRest(own);
    return `${at!.y + at!.height / 2 < height / 2 ? 'upper' : 'lower'} ${at!.x + at!.width / 2 < width / 2 ? 'left' : 'right'}`;
  };
  expect(await corner()).toBe('lower right');
  const from = await box(own);
  await page.mouse.move(from.x + 40, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(300, 200, { steps: 4 });
  await expect(own).toHaveAttribute('data-dragged');
  await page.mouse.up();
  expect(await corner()).toBe('upper left');

  await own.focus();
  await own.press('ArrowDown');
  expect(await corner()).toBe('lower left');
  await page.reload();
  await ann.call.expectConnected(1);
  expect(await corner(), 'it is remembered').toBe('lower left');
  await page.locator('#own-picture').hover();
  await page.locator('#hide-own-button').click();
  await expect(own).toBeHidden();
  await page.locator('#show-own-button').click();
  await expect(own).toBeVisible();
});

/** A clock that runs by itself and can be put on. */
const withClock: PersonOptions = { prepare: (context) => context.clock.install() };
/** Longer than bar and dock stay in sight untouched, in milliseconds. */
const REST = 5_000;

test('bar and dock leave the picture alone after a while, and come back with a touch or a key', async ({ person, room }) => {
  const [ann] = await twoInCall(person, room, withClock, {});
  const { page, call } = ann;
  const dock = page.locator('.dock-row');
  await page.mouse.move(300, 300);
  await page.clock.runFor(REST);
  await expect(dock).toHaveCSS('opacity', '0');
  await page.mouse.move(320, 300);
  await expect(dock).toHaveCSS('opacity', '1');
  await page.clock.runFor(REST);
  await expect(call.container).toHaveAttribute('data-idle');
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press('m');
  await expect(page.locator('#lasted'), 'the call lasts').toHaveText(/^0:(?!00)\d\d$/);
  await expect(call.container, 'a shortcut is seen').not.toHaveAttribute('data-idle');
  await call.mute.focus();
  await page.keyboard.press('Shift');
  await page.clock.runFor(2 * REST);
  await expect(call.container, 'not while a key has the focus of a keyboard').not.toHaveAttribute('data-idle');
});

test('a finger presses the keys that are in sight, and faded ones come into sight first', async ({ person, room }) => {
  const ann = await person({ ...withClock, hasTouch: true });
  const { page, call } = ann;
  const onPicture = () => page.touchscreen.tap(500, 300);
  await joins(ann, room);
  await call.expectAlone();
  await expect(call.mute).toHaveAttribute('data-state', 'on');
  await call.mute.tap();
  await expect(call.mute).toHaveAttribute('data-state', 'muted');
  await page.clock.runFor(REST);
  await call.mute.tap();
  await expect(call.mute, 'whoever is alone sees the keys all the time').toHaveAttribute('data-state', 'on');

  await joins(await person(), room);
  await call.expectConnected(1);
  await page.clock.runFor(REST);
  await expect(call.container).toHaveAttribute('data-idle');
  await call.mute.tap();
  await call.camera.tap();
  await expect(call.camera, 'in sight').toHaveAttribute('data-state', 'muted');
  await expect(call.mute, 'it was not').toHaveAttribute('data-state', 'on');

  await page.clock.runFor(REST);
  await expect(call.container).toHaveAttribute('data-idle');
  await onPicture();
  await call.mute.tap();
  await expect(call.mute, 'in sight again').toHaveAttribute('data-state', 'muted');
  await expect(call.container).not.toHaveAttribute('data-idle');
  await onPicture();
  await expect(call.container, 'the picture sends them away').toHaveAttribute('data-idle');
});

test('rooms of three lay themselves out without overlaps, and who is pinned is large in that call alone', async ({ person, room }) => {
  const people = [await person(), await person(), await person()];
  for (const one of people) await joins(one, room);
  const { page, call } = people[0]!;
  await call.expectConnected(2);
  for (const size of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(size);
    const dock = page.locator('.dock-row .dock');
    const [first, second, keys] = await atRest(call.tiles.nth(0), call.tiles.nth(1), dock);
    expect(overlap(first!, second!) || overlap(first!, keys!) || overlap(second!, keys!), `${size.width} wide`).toBe(false);
    for (const tile of [first!, second!]) {
      expect(tile.x >= 0 && tile.x + tile.width <= size.width && tile.y >= 0 && tile.y + tile.height <= size.height).toBe(true);
    }
    expect((area(first!) + area(second!)) / (size.width * size.height), 'of the window').toBeGreaterThan(0.5);
  }

  await page.setViewportSize({ width: 1280, height: 800 });
  await call.tiles.nth(1).hover();
  await call.tiles.nth(1).locator('.tile-pin').click();
  await expect(call.tiles.nth(1)).toHaveAttribute('data-pinned', 'yes');
  const [small, large] = await atRest(call.tiles.nth(0), call.tiles.nth(1));
  expect(area(large!)).toBeGreaterThan(4 * area(small!));
  expect(overlap(small!, large!)).toBe(false);
  await page.locator('#layout-button').click();
  await expect(call.tiles.nth(1), 'another layout lets go of it').toHaveAttribute('data-pinned', 'no');
  await expect(page.locator('.stage')).toHaveAttribute('data-layout', 'large');
  await page.locator('#layout-button').click();
  await expect(page.locator('.stage')).toHaveAttribute('data-layout', 'equal');

  await call.tiles.nth(1).hover();
  await call.tiles.nth(1).locator('.tile-pin').click();
  await expect(call.tiles.nth(1)).toHaveAttribute('data-pinned', 'yes');
  await call.leave.click();
  await people[0]!.home.expectShown();
  await people[0]!.home.connect.click();
  await call.expectConnected(2);
  await expect(page.locator('.stage')).toHaveAttribute('data-layout', 'equal');
  for (const at of [0, 1]) await expect(call.tiles.nth(at)).toHaveAttribute('data-pinned', 'no');
});

test('people are listed with what they send, and each is as loud as one likes', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const { page, call } = ann;
  await page.locator('#people-button').click();
  const row = page.locator('#people [data-person]:not([data-person="own"])');
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('Direct');
  await ben.call.mute.click();
  await expect(row.locator('[data-on="no"]')).toHaveCount(1);
  await row.locator('summary').click();
  const volume = row.locator('input');
  const element = () => call.remote.evaluate(({ volume, muted }: HTMLVideoElement) => ({ volume, muted }));
  await volume.fill('40');
  await expect.poll(element).toEqual({ volume: 0.4, muted: false });
  await row.locator('.mute-person').click();
  await expect.poll(element).toMatchObject({ muted: true });
  await row.locator('.mute-person').click();
  await expect.poll(element).toEqual({ volume: 1, muted: false });
  await volume.fill('150');
  await expect.poll(element, 'Web Audio plays in its place').toMatchObject({ muted: true });
  await volume.press('Escape');
  await expect(page.locator('#people')).toBeHidden();
});

test('somebody made louder is heard while the browser holds Web Audio back, and louder after', async ({ person, room }) => {
  const [{ page, call }] = await twoInCall(person, room, {
    prepare: (context) =>
      context.addInitScript(() => {
        const kept = {
          held: false,
          all: [] as AudioContext[],
          hold: () => {
            kept.held = true;
            return Promise.all(kept.all.filter(({ state }) => state !== 'closed').map((context) => context.suspend()));
          },
        };
        Object.assign(window, { kept });
        window.AudioContext = class extends AudioContext {
          constructor(options?: AudioContextOptions) {
            super(options);
            kept.all.push(this);
          }
          override resume() {
            return kept.held ? new Promise<void>(() => {}) : super.resume();
          }
        };
      }),
  });
  const muted = () => call.remote.evaluate(({ muted }: HTMLVideoElement) => muted);
  await page.locator('#people-button').click();
  const row = page.locator('#people [data-person]:not([data-person="own"])');
  await row.locator('summary').click();
  await row.locator('input').fill('150');
  await expect.poll(muted, 'Web Audio plays in its place').toBe(true);
  await page.evaluate('window.kept.hold()');
  await expect.poll(muted, 'the element plays again').toBe(false);
  await page.evaluate('window.kept.held = false');
  await page.keyboard.press('Shift');
  await expect.poll(muted, 'a touch is enough').toBe(true);
});
