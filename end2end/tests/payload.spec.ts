import type { Page } from '@playwright/test';

import { builtBinary } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

/** Until one can type and press. */
const MOST_BYTES_READY = 128_000;
/** Until one is in a call. */
const MOST_BYTES_CALL = 348_000;
/** Files up to this size may be sent as they are. */
const LEAST_COMPRESSED = 100;

/** What the loader fetches before the driver runs. */
async function partsOfDriver(page: Page, loader: string): Promise<string[]> {
  const text = await (await page.request.get(loader)).text();
  const [, list = ''] = /load_driver\b[^[]*\[([^\]]*)\]/.exec(text) ?? [];
  const chunks = [...list.matchAll(/chunk_\d+/g)].map(([name]) => name);
  expect(chunks.length, 'parts that the driver shares with others').toBeGreaterThan(0);
  return ['split_driver', ...chunks];
}

test('a page weighs at most 128 KB until one can type and press, 348 KB in a call, and is kept for ever', async ({ person, room }) => {
  test.skip(!builtBinary().release, 'a debug build is neither small nor compressed');
  const { page, home, call } = await person();
  const loaded: { path: string; bytes: number; encoding: string; cache: string }[] = [];
  page.on('requestfinished', async (request) => {
    const { pathname } = new URL(request.url());
    const [sizes, response] = [await request.sizes(), await request.response()];
    const header = async (name: string) => (await response?.headerValue(name)) ?? '';
    loaded.push({
      path: pathname,
      bytes: sizes.responseBodySize,
      encoding: await header('content-encoding'),
      cache: await header('cache-control'),
    });
  });
  await home.open(`/room/${room}`);
  await home.connect.click();
  await call.expectAlone();
  await expect.poll(() => loaded.some(({ path }) => path.endsWith('/split_driver.wasm'))).toBe(true);

  const weight = (files: typeof loaded) => files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, bytes, encoding } of loaded) console.log(`payload ${String(bytes).padStart(7)} ${encoding || '-'} ${path}`);
  // Other tests hold the driver back, and the page is ready all the same.
  const ready = weight(loaded.filter(({ path }) => !/\/(split|chunk)_\w+\.wasm$/.test(path)));
  // The rest is for what is opened in a call, and comes when there is nothing else to do.
  const parts = await partsOfDriver(page, loaded.find(({ path }) => path.endsWith('/split.js'))!.path);
  const all = weight(loaded.filter(({ path }) => !/\/(split|chunk)_\w+\.wasm$/.test(path) || parts.some((part) => path.endsWith(`/${part}.wasm`))));
  console.log(`payload ${String(ready).padStart(7)} bytes until one can type and press`);
  console.log(`payload ${String(all).padStart(7)} bytes until one is in a call`);
  expect(ready).toBeLessThanOrEqual(MOST_BYTES_READY);
  expect(all).toBeLessThanOrEqual(MOST_BYTES_CALL);
  for (const { path, bytes, encoding, cache } of loaded.filter(({ path }) => path.startsWith('/pkg/'))) {
    // Compressed, so few bytes are more.
    if (bytes > LEAST_COMPRESSED) expect(encoding, path).toBe('br');
    expect(cache, path).toContain('immutable');
    expect(path, 'the address holds a hash of the build').toMatch(/^\/pkg\/[\w-]{16}\/[\w.]+\.(js|wasm|css)$/);
  }
});
