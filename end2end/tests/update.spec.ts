import type { Page } from '@playwright/test';

import { expect, LOST_LINE, test } from '../fixtures/chaos';
import { hears } from '../fixtures/media';
import { anotherBuild } from '../fixtures/server';
import { seesTheOther, twoInCall } from '../fixtures/test';

/** The folder of the build that a page names. */
const build = async (page: Page) =>
  (await page.locator('link[rel=stylesheet]').getAttribute('href'))!.split('/').slice(0, 3).join('/');

test('the server is replaced by another build during a call, and no page misses anything', async ({ person, room, mortal }, info) => {
  const server = await mortal();
  const options = { baseURL: server.url, provokes: LOST_LINE };
  const pair = await twoInCall(person, room, options);
  const [ann, ben] = pair;
  const before = await build(ann.page);
  for (const { page } of pair) await expect.poll(() => toCome(page), 'what comes behind the call is there').toEqual([]);
  const asked: string[] = [];
  for (const { page } of pair) page.on('request', (request) => void asked.push(new URL(request.url()).pathname));

  await server.kill();
  await server.start(anotherBuild(info.outputPath('site')));
  expect((await fetch(`${server.url}${before}/parlor.js`)).status, 'the files of before are gone').toBe(404);
  await expect.poll(() => Promise.all(pair.map(({ page }) => openSockets(page))), 'both have their line again').toEqual([1, 1]);
  await Promise.all(pair.map(seesTheOther));

  // Everything that a call has: the other hears and sees it, hides, leaves, comes back.
  await ann.call.mute.click();
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await ann.call.mute.click();
  await ben.call.camera.click();
  await expect(ben.call.camera).toHaveAttribute('data-state', 'muted');
  await ben.call.camera.click();
  await Promise.all(pair.map(({ page }) => hears(page)));
  await ben.call.leave.click();
  await ann.call.expectAlone();
  await ben.home.connect.click();
  await Promise.all(pair.map(seesTheOther));
  expect(asked.filter((path) => path.startsWith('/pkg/'))).toEqual([]);

  // Whoever comes now gets the other build, and meets those of the one before.
  await ben.call.leave.click();
  const third = await person(options);
  await third.home.open(`/room/${room}`);
  expect(await build(third.page)).not.toBe(before);
  await third.home.connect.click();
  await Promise.all([ann, third].map(seesTheOther));
});

for (const part of ['parlor.js', 'parlor.wasm', 'split_driver.wasm']) {
  test(`a page that misses ${part} after an update is loaded anew, with what was typed`, async ({ person, room, mortal }, info) => {
    const server = await mortal();
    const { page, home, call } = await person({
      baseURL: server.url,
      provokes: /status of 404|net::ERR|dynamically imported module|Failed to fetch|HTTP status code is not ok|Incorrect response/,
    });
    let letThrough = () => {};
    const held = new Promise<void>((let_) => (letThrough = let_));
    await page.route(`**/${part}`, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto('/', { waitUntil: 'commit' });
    const before = await build(page);
    await home.room.fill(room);
    await server.kill();
    await server.start(anotherBuild(info.outputPath('site')));
    letThrough();

    await expect.poll(() => build(page).catch(() => before)).not.toBe(before);
    await home.ready();
    await expect(home.room).toHaveValue(room);
    await home.connect.click();
    await call.expectAlone();
  });
}

/** Parts of the program that the page names and does not have yet. */
function toCome(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const named = new Set(document.documentElement.outerHTML.match(/\/pkg\/[^"'\s]+?\/split_\w+\.wasm/g));
    const there = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
    return [...named].filter((path) => !there.includes(path));
  });
}

function openSockets(page: Page): Promise<number> {
  return page.evaluate(() => window.watch.sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length);
}
