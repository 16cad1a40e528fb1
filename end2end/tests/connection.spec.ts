import type { Route } from '@playwright/test';

import { expect, test, twoInCall } from '../fixtures/test';
import { ConnectionPart } from '../pages/connection';
import { holdProgram } from '../pages/home';

test.use({ settings: { PARLOR_RELAY_ENABLED: 'false' } });

test('a call says that it is direct, in a word and, to whoever asks, in a sentence', async ({ person, room }) => {
  const pair = await twoInCall(person, room);
  for (const { page } of pair) {
    await expect(new ConnectionPart(page).path).toHaveAttribute('data-path', 'direct');
    await page.locator('#people-button').click();
    const other = page.locator('#people [data-person]:not([data-person="own"])');
    await expect(other.locator('small')).toHaveText('Direct');
    const sentence = other.getByText('straight from device to device');
    await expect(sentence).toBeHidden();
    await other.locator('summary').click();
    await expect(sentence).toBeVisible();
  }
});

test('an address cannot be hidden, and the page says why', async ({ person, room }) => {
  const { page, home, call } = await person();
  const connection = new ConnectionPart(page);
  await connection.offered([]);
  await home.open();
  await connection.open();
  await expect(connection.hide).toBeDisabled();
  await expect(connection.hideHint).toContainText('this server has no relay');
  await connection.close.click();
  await home.join(room);
  await call.expectAlone();
  await connection.openInCall();
  await expect(connection.hide).toBeDisabled();
  await expect(connection.hideHint).toContainText('this server has no relay');
});

test('whoever hides the address where it cannot be hidden is told how to be connected', async ({ person }) => {
  const { page, home } = await person();
  const connection = new ConnectionPart(page);
  await connection.offered([{ urls: ['turn:localhost'], username: 'parlor', credential: 'word' }]);
  await home.open();
  await connection.open();
  await connection.hide.check();
  await connection.offered([]);
  await page.reload();
  await home.ready();
  await connection.open();
  await expect(connection.hideHint).toContainText('Switch “Hide my network address” off to connect directly');
  await connection.hide.uncheck();
  await expect(connection.hide).toBeDisabled();
});

test('a part that is opened before the program has loaded tells what there is, too', async ({ person }) => {
  const { page } = await person();
  const connection = new ConnectionPart(page);
  await connection.offered([]);
  const release = await holdProgram(page);
  await page.goto('/', { waitUntil: 'commit' });
  await connection.heading.click();
  release();
  await expect(connection.hideHint).toContainText('this server has no relay');
});

test('nothing is tested before somebody asks, and no offer is nothing to test', async ({ person }) => {
  const { page, home } = await person();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const connection = new ConnectionPart(page);
  await connection.offered([]);
  await home.open();
  expect(asked).not.toContain('/ice');
  expect(await page.evaluate(() => window.watch.connections.length)).toBe(0);
  await connection.open();
  await connection.test.click();
  await connection.expectFindings('not-offered', 'not-offered', 'not-offered', 'not-offered', 'not-offered');
  await expect(connection.result).toContainText('only within one network');
  // A region is read out as a whole; the list would be read once for every line.
  await expect(page.getByRole('status').filter({ hasText: 'only within one network' })).not.toContainText('Relay over');
});

for (const [what, answer] of [
  ['cannot be reached', (route: Route) => route.abort()],
  ['never answers', () => {}],
] as const) {
  test(`a server that ${what} is said to be silent`, async ({ person }) => {
    const { page, home } = await person({ provokes: /Failed to load resource|net::ERR/ });
    await page.route('**/ice', answer);
    const connection = new ConnectionPart(page);
    await home.open();
    await connection.open();
    await connection.test.click();
    await expect(connection.result).toContainText('does not answer');
  });
}

test('an extension that rejects requests with a text, and no error, does not end the program', async ({ person }) => {
  const { page, home } = await person();
  const connection = new ConnectionPart(page);
  await home.open();
  await connection.open();
  await page.evaluate(() => {
    window.fetch = () => Promise.reject('blocked');
  });
  await connection.test.click();
  await expect(connection.result).toContainText('does not answer');
});
