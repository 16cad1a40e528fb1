import type { Page } from '@playwright/test';

import { ice, way } from '../fixtures/ice';
import { reportFailure } from '../fixtures/in-page';
import { addressObstacle, overcome, ownAddress } from '../fixtures/obstacle';
import { expect, seesTheOther, test, type Person } from '../fixtures/test';
import { heardBy, iceServersIn } from '../fixtures/wire';
import { ConnectionPart } from '../pages/connection';

/** The shortest that there is, in seconds. */
const LIFETIME = 60;
const RELAY = ownAddress() ?? '';

test.use({ settings: { PARLOR_RELAY_HOST: RELAY, PARLOR_RELAY_CREDENTIAL_LIFETIME: String(LIFETIME) } });

test.beforeEach(({}, info) => overcome(addressObstacle(), info));

/** Whether the relay lets these servers' credentials in. */
function letsIn(page: Page, iceServers: RTCIceServer[]): Promise<boolean> {
  return page.evaluate(async (iceServers) => {
    const connection = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' });
    connection.createDataChannel('x');
    const found = new Promise<boolean>((done) => {
      connection.onicecandidate = ({ candidate }) => done(Boolean(candidate?.candidate));
    });
    await connection.setLocalDescription();
    const letIn = await found;
    connection.close();
    return letIn;
  }, iceServers);
}

/** By which the two ends of the way in use know each other; another one after every restart of ICE. */
async function fragment(one: Person): Promise<string> {
  return (await ice(one)).selected?.local.usernameFragment ?? '';
}

function connectionStates({ page }: Person): Promise<string[]> {
  return page.evaluate(() => window.watch.connections.map(({ connectionState }) => connectionState));
}

test('a call through the relay outlives the credentials that it began with', { tag: '@full' }, async ({ person, room }) => {
  test.setTimeout(3 * LIFETIME * 1000);
  const pair: [Person, Person] = [await person({ relays: [RELAY] }), await person({ relays: [RELAY] })];
  const [ann, ben] = pair;
  const heard = heardBy(ann.page);
  const expectRelayed = async () => {
    for (const one of pair) await expect.poll(() => way(one), { message: 'the way in use' }).toMatch(/^relay\/\w+ > relay$/);
  };
  await ann.home.open();
  const connection = new ConnectionPart(ann.page);
  await connection.open();
  await connection.hide.check();
  await connection.close.click();
  await ann.home.join(room);
  await ben.home.open();
  await ben.home.join(room);
  await Promise.all(pair.map(seesTheOther));
  await expectRelayed();

  const [first] = iceServersIn(heard);
  const { page: elsewhere, home } = await person({ relays: [RELAY] });
  await home.open();
  expect(await letsIn(elsewhere, first!), 'the credentials of the beginning').toBe(true);
  const end = { timeout: 1.5 * LIFETIME * 1000, intervals: [2_000], message: 'the credentials of the beginning' };
  await expect.poll(() => letsIn(elsewhere, first!), end).toBe(false);
  const told = iceServersIn(heard);
  expect(told.length, 'how often the page was told of credentials').toBeGreaterThan(1);
  expect(await letsIn(elsewhere, told.at(-1)!), 'the newest credentials').toBe(true);

  const before = await Promise.all(pair.map(fragment));
  expect(before).not.toContain('');
  await reportFailure(ann.page);
  for (const [at, one] of pair.entries()) {
    const changed = async () => ![before[at], ''].includes(await fragment(one));
    await expect.poll(changed, { message: 'another way by a restart of ICE' }).toBe(true);
    expect(await connectionStates(one)).toEqual(['connected']);
  }
  await expectRelayed();
  await Promise.all(pair.map(seesTheOther));

  await new ConnectionPart(ben.page).hideInCall(true);
  for (const one of pair) await expect.poll(async () => (await connectionStates(one)).join(' ')).toMatch(/^(closed )+connected$/);
  await expectRelayed();
  await Promise.all(pair.map(seesTheOther));
});
