import type { BrowserContext, Page, WebSocketRoute } from '@playwright/test';

import { framesGrow } from '../fixtures/media';
import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';

/** What a server says that is far newer than any page of these tests. */
const NEWER = JSON.stringify({ type: 'version', version: 1_000_000 });

/** Counts how often a page is loaded from now on. */
function loadsOf(page: Page): { count: number } {
  const loads = { count: 0 };
  page.on('load', () => void loads.count++);
  return loads;
}

test('a page that is older than its server loads itself anew once, and then says so', async ({ person }) => {
  const ann = await person({ prepare: (context) => context.routeWebSocket(/\/ws\?/, (socket) => socket.send(NEWER)) });
  const loads = loadsOf(ann.page);
  await ann.home.open();
  await expect.poll(() => loads.count).toBe(2);
  await expect(ann.home.notice).toContainText('older than the server');
  await ann.home.notice.getByRole('button', { name: 'Load again' }).click();
  await expect.poll(() => loads.count).toBe(3);
  await expect(ann.home.notice, 'as often as a person wants, and never by itself').toContainText('older than the server');
  expect(loads.count).toBe(3);
});

test('a call goes on in a page that is older than its server, which is loaded anew after it', { tag: '@full' }, async ({ person, room }) => {
  const sockets: WebSocketRoute[] = [];
  const prepare = (context: BrowserContext) =>
    context.routeWebSocket(/\/ws\?/, (socket) => {
      socket.connectToServer();
      sockets.push(socket);
    });
  const [ann, ben] = await twoInCall(person, room, { prepare }, {});
  const loads = loadsOf(ann.page);
  sockets.at(-1)!.send(NEWER);
  await expect(ann.call.notice).toContainText('older than the server');
  await Promise.all([ann, ben].map(seesTheOther));
  await framesGrow(ann.call.remote);
  expect(loads.count, 'while the call runs').toBe(0);
  const before = sockets.length;
  await ann.call.leave.click();
  await expect.poll(() => loads.count).toBe(1);
  await ann.home.expectShown();
  await ann.home.connect.click();
  await ann.call.expectShown();
  await ann.call.leave.click();
  await ann.home.expectShown();
  expect(sockets.length, 'the new page has heard of the version of the server').toBeGreaterThan(before);
  await expect(ann.home.notice.getByText('older than the server'), 'by then it is of the same version').toBeHidden();
});
