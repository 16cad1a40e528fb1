import { coturnObstacle, startCoturn, type CoturnHere } from '../fixtures/coturn';
import { framesGrow } from '../fixtures/media';
import { addressObstacle, overcome } from '../fixtures/obstacle';
import { expect, seesTheOther, test as base, type Person } from '../fixtures/test';
import { ownAddresses, sentBy } from '../fixtures/wire';
import { ConnectionPart } from '../pages/connection';

const test = base.extend<object, { coturn: CoturnHere }>({
  coturn: [
    async ({}, use) => {
      const coturn = await startCoturn();
      await use(coturn);
      await coturn.stop();
    },
    { scope: 'worker' },
  ],
  settings: async ({ coturn }, use) => use(coturn.settings),
});

test.beforeEach(({}, info) => overcome(coturnObstacle() ?? addressObstacle(), info));

async function guest(person: (options: { relays: string[] }) => Promise<Person>, coturn: CoturnHere) {
  const one = await person({ relays: [coturn.host] });
  const connection = new ConnectionPart(one.page);
  await connection.offered(coturn.iceServers);
  return { ...one, connection, sent: sentBy(one.page) };
}

test('who hides their address before a call is never told of, and both see that it is relayed', async ({ person, room, coturn }) => {
  const [ann, ben] = [await guest(person, coturn), await guest(person, coturn)];
  await ann.home.open();
  await ann.connection.open();
  await ann.connection.hide.check();
  await ann.connection.close.click();
  await ann.home.join(room);
  await ann.call.expectAlone();
  await ben.home.open();
  await ben.home.join(room);
  await Promise.all([ann, ben].map(seesTheOther));
  for (const { connection } of [ann, ben]) {
    await expect(connection.path).toHaveAttribute('data-path', 'relayed');
  }
  expect(ann.sent.join()).toContain('typ relay');
  expect(ownAddresses(ann.sent)).toEqual([]);
  expect(ownAddresses(ben.sent), 'the other one hides nothing').not.toEqual([]);

  await ann.connection.expectHidesInCall(true);
  await ann.page.reload();
  await Promise.all([ann, ben].map(seesTheOther));
  await expect(ann.connection.path).toHaveAttribute('data-path', 'relayed');
  expect(ownAddresses(ann.sent), 'nor after a reload').toEqual([]);
});

test('who hides it during a call goes on by the relay, and goes back to a direct way', async ({ person, room, coturn }) => {
  const [ann, ben] = [await guest(person, coturn), await guest(person, coturn)];
  for (const { home } of [ann, ben]) {
    await home.open();
    await home.join(room);
  }
  await Promise.all([ann, ben].map(seesTheOther));
  await expect(ann.connection.path).toHaveAttribute('data-path', 'direct');
  const before = ann.sent.length;
  await ann.connection.hideInCall(true);
  await expect(ann.call.notice).toContainText('cannot be taken back');
  for (const { connection, call } of [ann, ben]) {
    await expect(connection.path).toHaveAttribute('data-path', 'relayed');
    await framesGrow(call.remote);
  }
  expect(ownAddresses(ann.sent.slice(before))).toEqual([]);

  await ann.connection.hideInCall(false);
  await expect(ann.call.notice).toContainText('directly again');
  for (const { connection, call } of [ann, ben]) {
    await expect(connection.path).toHaveAttribute('data-path', 'direct');
    await framesGrow(call.remote);
  }
  const connections = await ann.page.evaluate(() => window.watch.connections.map(({ connectionState }) => connectionState));
  expect(connections, 'a new one to hide, the same to show').toEqual(['closed', 'connected']);
});

test('the test says in words which ways work, and leaves no connection open', async ({ person, coturn }) => {
  const { page, home, connection } = await guest(person, coturn);
  await home.open();
  await connection.open();
  await connection.test.click();
  await connection.expectFindings('works', 'works', 'works', 'not-offered', 'works');
  await expect(connection.result).toContainText('Calls will work from this network.');
  await expect(connection.findings.nth(1)).toHaveText('Relay over UDP works');
  await expect(connection.findings.nth(3)).toContainText('not offered by this server');
  const states = await page.evaluate(() => window.watch.connections.map(({ connectionState }) => connectionState));
  expect(states.length).toBeGreaterThan(0);
  expect(new Set(states)).toEqual(new Set(['closed']));
  await home.expectShown();
});

test('a relay that cannot be reached is said to be blocked', async ({ person, coturn }) => {
  const { home, connection } = await guest(person, coturn);
  const wrong = { urls: [`turn:${coturn.host}:9?transport=tcp`], username: 'parlor', credential: 'word' };
  await connection.offered([coturn.iceServers[0]!, wrong]);
  await home.open();
  await connection.open();
  await connection.test.click();
  await connection.expectFindings('works', 'not-offered', 'blocked', 'not-offered', 'blocked');
  await expect(connection.result).toContainText('Calls will probably work with most networks');
});

test('a relay that refuses is not said to be blocked', async ({ person, coturn }) => {
  const { home, connection } = await guest(person, coturn);
  const [stun, turn] = coturn.iceServers;
  await connection.offered([stun!, { ...turn!, credential: 'wrong' }]);
  await home.open();
  await connection.open();
  await connection.test.click();
  await connection.expectFindings('works', 'refused', 'refused', 'not-offered', 'refused');
  await expect(connection.result).toContainText('Not everything could be tested');
  await expect(connection.findings.nth(1)).toContainText('answers, but refuses');
});
