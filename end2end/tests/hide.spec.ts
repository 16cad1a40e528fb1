import type { BrowserContext } from '@playwright/test';

import { expect, test, type Person } from '../fixtures/test';
import { ConnectionPart } from '../pages/connection';
import { holdProgram } from '../pages/home';

/** As where a person forbids sites to keep anything. */
async function refuseStorage(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('as the test wants it', 'SecurityError');
        },
      });
    }
  });
}

/** What the connections of this page's calls were told to go through. */
function policies({ page }: Person): Promise<(RTCIceTransportPolicy | undefined)[]> {
  return page.evaluate(() => window.watch.configurations.flatMap((it) => (it ? [it.iceTransportPolicy] : [])));
}

for (const [where, prepare] of [
  ['', undefined],
  [', and nothing can be kept', refuseStorage],
] as const) {
  test(`who hides the address before the program has loaded is connected without it${where}`, async ({ person, room }) => {
    const [ann, ben] = [await person({ prepare }), await person()];
    await ben.home.open();
    await ben.home.join(room);
    await ben.call.expectAlone();

    const connection = new ConnectionPart(ann.page);
    const release = await holdProgram(ann.page);
    await ann.page.goto('/', { waitUntil: 'commit' });
    await connection.heading.click();
    await connection.hide.check();
    await ann.home.join(room);
    release();
    await ann.call.expectShown();
    await expect(ann.call.tiles).toHaveCount(1);
    await expect(connection.hideButton).toHaveAttribute('aria-pressed', 'true');
    await expect.poll(() => policies(ann)).not.toEqual([]);
    expect(new Set(await policies(ann))).toEqual(new Set(['relay']));
  });
}
