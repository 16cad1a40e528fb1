import type { Locator } from '@playwright/test';

import { openConnections } from '../fixtures/media';
import { expect, seesTheOther, test, twoInCall, type Person } from '../fixtures/test';
import { Valve } from '../fixtures/valve';
import { CallPage } from '../pages/call';
import { holdProgram, HomePage } from '../pages/home';

// What somebody sees who has pressed Join and has no answer yet.

/** These words, in a live region. */
function connecting({ page }: Person): Locator {
  return page.getByRole('status').getByText('Connecting…').filter({ visible: true });
}

test('while the server has not answered the page says so in a live region, and the call can be given up', async ({ person, room }) => {
  const valve = new Valve();
  const ann = await person({ prepare: valve.prepare });
  await ann.home.open();
  const region = ann.page.locator('[role="status"]', { has: ann.page.locator('.joining') });
  await expect(region).toHaveText('', { useInnerText: true });
  const before = await region.elementHandle();
  expect(await region.evaluate((region) => region.checkVisibility()), 'the region is rendered').toBe(true);

  valve.close(/"type":"room_created"/);
  await ann.home.join(room);
  await expect(region).toHaveText('Connecting…', { useInnerText: true });
  expect(await region.evaluate((now, before) => now === before, before), 'the same region').toBe(true);
  await expect(ann.page.locator('main')).toHaveAttribute('data-phase', 'joining');
  await expect(ann.home.container).toBeHidden();

  await ann.call.leave.click();
  await ann.home.expectShown();
  await expect(connecting(ann)).toHaveCount(0);
  valve.release();

  const ben = await person();
  await ben.home.open();
  await ben.home.join(room);
  await ben.call.expectAlone();
  await ann.home.expectShown();
  await ann.home.connect.click();
  await Promise.all([ann, ben].map(seesTheOther));
});

test('who is refused is back on the first screen, and never was in the call', async ({ person, room }) => {
  await twoInCall(person, room);
  const valve = new Valve();
  const cem = await person({ prepare: valve.prepare });
  await cem.home.open();
  valve.close(/"type":"full_room"/);
  await cem.home.join(room);
  await expect(connecting(cem)).toHaveCount(1);
  await expect.poll(() => valve.holding(/"type":"full_room"/)).toBe(true);
  await expect(cem.call.tiles).toHaveCount(0);
  await expect(cem.page.getByText('The door is open')).toBeHidden();
  valve.release();
  await expect(cem.home.notice).toContainText('All seats are taken');
  await cem.home.expectShown();
  await expect(cem.home.room).toBeFocused();
  expect(await openConnections(cem.page)).toBe(0);
});

test('where the server cannot be reached the page says so, keeps trying, and gets in when it can be', async ({ person, room }) => {
  const ann = await person();
  let reachable = false;
  await ann.page.routeWebSocket(/\/ws\?/, async (socket) => {
    if (reachable) socket.connectToServer();
    else await socket.close({ code: 1011, reason: 'cut by the test' });
  });
  await ann.home.open();
  await ann.home.join(room);
  await expect(ann.home.notice).toContainText('The server cannot be reached');
  await expect(connecting(ann)).toHaveCount(1);
  reachable = true;
  await ann.call.expectAlone();
  await expect(ann.page.getByText('The server cannot be reached')).toBeHidden();
});

test('a second tab of one browser does not take the second seat, and can go on with the call in the first one', async ({ person, room }) => {
  const ann = await person();
  await ann.home.open(`/room/${room}`);
  await ann.home.connect.click();
  await ann.call.expectAlone();
  await ann.call.mute.click();

  const page = await ann.context.newPage();
  const second = { context: ann.context, page, home: new HomePage(page), call: new CallPage(page) };
  const letIn = await holdProgram(page);
  await page.goto(`/room/${room}`, { waitUntil: 'commit' });
  await second.home.connect.click();
  await expect(connecting(second)).toHaveCount(1);
  letIn();
  await expect(second.home.notice).toContainText('in this call already, in another tab');
  await second.home.expectShown();

  const ben = await person();
  await ben.home.open();
  await ben.home.join(room);
  await Promise.all([ann, ben].map(seesTheOther));

  await second.home.notice.getByRole('button', { name: 'Move the call here' }).click();
  await Promise.all([second, ben].map(seesTheOther));
  await expect(second.call.mute).toHaveAttribute('aria-checked', 'false');
  await expect(ann.home.notice).toContainText('now goes on in another tab');
  await ann.home.expectShown();
});
