// An installed page without a network, and its worker, which never shows an old page.
import { freePort, startServer } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

test('without a server there is a page of its own, in the language of the person, and with it the newest one', async ({ person, afterwards }) => {
  const port = await freePort();
  let server = await startServer({}, port);
  afterwards(() => server.stop());
  const ann = await person({
    baseURL: server.url,
    locale: 'ko',
    colorScheme: 'dark',
    serviceWorkers: 'allow',
    // The server may go while the page's socket shakes hands with it.
    provokes: /ERR_CONNECTION_(REFUSED|RESET)|ERR_FAILED/,
  });
  const { page } = ann;
  await ann.home.open();
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    while (active!.state !== 'activated') await new Promise((next) => active!.addEventListener('statechange', next, { once: true }));
  });
  // Nothing of the page is kept by the worker but the one page.
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
  expect(kept).toEqual(['/offline']);

  await server.stop();
  await page.goto('/room/4711').catch(() => {});
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
  await expect(page.getByRole('heading')).toHaveText('연결되지 않았어요');
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(23, 17, 14)');

  server = await startServer({}, port);
  await page.getByRole('link').click();
  await ann.home.ready();
  expect(page.url()).toContain('/room/4711');
});

test('the manifest has what an installed page needs', async ({ person }) => {
  const ann = await person();
  const manifest = await (await ann.page.request.get('/manifest.webmanifest')).json();
  expect(manifest).toMatchObject({ id: '/', start_url: '/', display: 'standalone' });
  await ann.home.open(manifest.shortcuts[0].url);
  await expect(ann.home.room, 'a number to go in with').toHaveValue(/^\d+$/);
  for (const { src } of [...manifest.icons, ...manifest.shortcuts[0].icons]) expect((await ann.page.request.get(src)).ok()).toBe(true);
  const worker = await ann.page.request.get('/worker.js?lang=en');
  expect(worker.headers()['cache-control']).toBe('no-cache');
});
