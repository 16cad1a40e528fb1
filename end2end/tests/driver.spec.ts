import { DRIVER } from '../pages/home';
import { builtBinary } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

// What carries a call out is loaded behind the page; it is a file of its own in the release build only.
test.skip(() => !builtBinary().release, 'a debug build is not split');

const REFUSED = /net::ERR_FAILED|Failed to fetch/;
const NOT_LOADED = 'The part of this page that makes calls did not load';

test('what is typed and pressed before the driver is there is done when it is', async ({ person, room }) => {
  const { page, home, call } = await person();
  let letThrough = () => {};
  const held = new Promise<void>((let_) => (letThrough = let_));
  await page.route(DRIVER, async (route) => {
    await held;
    await route.continue();
  });
  await home.open();
  await page.locator('#connection-button').click();
  await expect(page.locator('#connection'), 'views answer').toBeVisible();
  await page.keyboard.press('Escape');
  await page.locator('#preview-button').click();
  await home.room.fill(room);
  await home.connect.click();
  await expect(page.getByText('Connecting…').filter({ visible: true })).toBeVisible();
  await expect(home.main).toHaveAttribute('data-phase', 'home');
  const sockets = () => page.evaluate(() => window.watch.sockets.length);
  await expect.poll(sockets, 'the room is joined at once').toBe(1);

  letThrough();
  await call.expectAlone();
  expect(await sockets(), 'by the same socket').toBe(1);
  await expect(page.getByRole('alert').filter({ visible: true })).toHaveCount(0);
});

test('a driver that does not load at first is asked for again, and nobody notices', async ({ person, room }) => {
  const { page, home, call } = await person({ provokes: REFUSED });
  let refused = 0;
  await page.route(DRIVER, (route) => (++refused <= 3 ? route.abort() : route.continue()));
  await home.open(`/room/${room}`);
  await home.connect.click();
  await call.expectAlone();
  expect(refused, 'it was asked for again').toBeGreaterThan(3);
  await expect(page.getByText(NOT_LOADED).filter({ visible: true })).toHaveCount(0);
});

test('a driver of which nothing loads at first is asked for again, and no promise is left behind', async ({ person, room }) => {
  const { page, home, call } = await person({ provokes: REFUSED });
  const leftBehind: string[] = [];
  page.on('pageerror', ({ message }) => leftBehind.push(message));
  const refused = new Set<string>();
  await page.route(/\/(chunk_\d+|split_driver)\.wasm/, (route) => {
    const url = route.request().url();
    if (refused.has(url)) return route.continue();
    refused.add(url);
    return route.abort();
  });
  await home.open(`/room/${room}`);
  await home.connect.click();
  await call.expectAlone();
  expect(refused.size, 'more than one part').toBeGreaterThan(1);
  expect(leftBehind).toEqual([]);
});

test('a driver that does not load is told, lets go of devices and seat, and loads at the press of a button', async ({ person, room }) => {
  const { page, home, call } = await person({ provokes: REFUSED });
  await page.route(DRIVER, (route) => route.abort());
  await home.open(`/room/${room}`);
  await home.connect.click();
  const words = page.getByRole('alert').filter({ visible: true });
  await expect(words).toContainText(NOT_LOADED);
  await expect(words).toBeFocused();
  const devices = () => page.evaluate(() => window.watch.streams.flatMap((stream) => stream.getTracks()).map((track) => track.readyState));
  await expect.poll(devices).toEqual(['ended', 'ended']);
  await expect.poll(() => page.evaluate(() => window.watch.sockets.map((socket) => socket.readyState))).toEqual([3]);
  await expect(home.container, 'the first screen is back').toBeVisible();

  const again = words.getByRole('button', { name: 'Try again' });
  await again.click();
  await expect(words, 'it says so if that is in vain').toContainText(NOT_LOADED);
  await page.unroute(DRIVER);
  await again.click();
  await expect(words).toHaveCount(0);
  await home.connect.click();
  await call.expectAlone();
});
