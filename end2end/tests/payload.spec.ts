import { builtBinary } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

const MOST_BYTES = 214_000;

test('all that the call page loads is at most 214 KB, compressed and kept for ever', async ({ person, room }) => {
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
  await expect.poll(() => loaded.filter(({ path }) => path.startsWith('/pkg/')).length).toBeGreaterThanOrEqual(3);

  const total = loaded.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, bytes, encoding } of loaded) console.log(`payload ${String(bytes).padStart(7)} ${encoding || '-'} ${path}`);
  console.log(`payload ${String(total).padStart(7)} bytes in all`);
  expect(total).toBeLessThanOrEqual(MOST_BYTES);
  for (const { path, encoding, cache } of loaded.filter(({ path }) => path.startsWith('/pkg/'))) {
    expect(encoding, path).toBe('br');
    expect(cache, path).toContain('immutable');
    expect(path, 'the address holds a hash of the build').toMatch(/^\/pkg\/[\w-]{16}\/[\w.]+\.(js|wasm|css)$/);
  }
});
