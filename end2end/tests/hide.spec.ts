import type { BrowserContext } from '@playwright/test';

import { expect, test, type Person } from '../fixtures/test';
import { ConnectionPart } from '../pages/connection';
import { HomePage } from '../pages/home';

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
  test(`who hides the address and joins at once is connected without it${where}`, async ({ person, room }) => {
    const [ann, ben] = [await person({ prepare }), await person()];
    await ben.home.open();
    await ben.home.join(room);
    await ben.call.expectAlone();

    const connection = new ConnectionPart(ann.page);
    await ann.home.open();
    await connection.open();
    await connection.hide.check();
    await connection.close.click();
    await ann.home.join(room);
    await ann.call.expectShown();
    await expect(ann.call.tiles).toHaveCount(1);
    await connection.expectHidesInCall(true);
    await expect.poll(() => policies(ann)).not.toEqual([]);
    expect(new Set(await policies(ann))).toEqual(new Set(['relay']));
  });
}

test('other tabs follow the choice, and a call that hides goes on hiding', { tag: '@full' }, async ({ person, room }) => {
  const { context, page, home, call } = await person();
  const here = new ConnectionPart(page);
  await home.open();
  await here.open();
  const tab = await context.newPage();
  const there = new ConnectionPart(tab);
  await new HomePage(tab).open();
  await there.open();
  await there.hide.check();
  await expect(here.hide).toBeChecked();
  await here.close.click();

  await home.join(room);
  await call.expectAlone();
  await here.expectHidesInCall(true);
  await there.hide.uncheck();
  await page.reload();
  await call.expectAlone();
  await here.expectHidesInCall(true);
  await call.leave.click();
  await here.open();
  await expect(here.hide, 'the next call is another one').not.toBeChecked();
  await here.close.click();

  await home.connect.click();
  await call.expectAlone();
  await here.openInCall();
  await expect(here.hide).not.toBeChecked();
  await there.hide.check();
  await expect(here.hide, 'a call that goes on is hidden, too').toBeChecked();
  await expect(call.notice).toContainText('the others see only its address');
});
