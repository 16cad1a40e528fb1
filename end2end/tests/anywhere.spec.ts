import type { Page } from '@playwright/test';

import { Authority } from '../fixtures/authority';
import { CHROMIUM_ARGS, SLOW_CAMERA } from '../fixtures/chromium';
import { coturnObstacle, startCoturnBeside } from '../fixtures/coturn';
import { ice, kind, way } from '../fixtures/ice';
import { Internet, inUrl, type Household, type Protocol, type Router } from '../fixtures/internet';
import { framesGrow } from '../fixtures/media';
import { overcome } from '../fixtures/obstacle';
import { startServer, type Settings } from '../fixtures/server';
import { expect, seesTheOther, test as base, type Person } from '../fixtures/test';
import { candidatesIn, ownAddresses, sentBy } from '../fixtures/wire';
import { ConnectionPart } from '../pages/connection';

/** Whose relay browsers are told of. */
type RelayKind = 'built-in' | 'coturn';

/** Where calls go through the relay, a host's own coturn does it, too; all else is the browsers' and the page's affair. */
const RELAYS: RelayKind[] = ['built-in', 'coturn'];
const RELAY_PORT = 3478;
/** Port on which the watching process asks whether the server is up. */
const HTTP_PORT = 8080;

/** How a browser reaches its relay, the best way first. */
type Carrier = 'udp' | 'tcp' | 'tls';

const CARRIERS: Carrier[] = ['udp', 'tcp', 'tls'];

const WORK = 'Calls will work from this network.';
const WORK_WITHOUT_UDP = `${WORK} UDP does not get through, so they go through the server and may stutter a little.`;

interface World {
  relay: RelayKind;
  houses: [Household, Household];
  people: [Person, Person];
}

interface WorldFixtures {
  /** Two people at home, each behind such a router, and a server with such a relay. */
  world: (router: Router, relay: RelayKind, protocol?: Protocol) => Promise<World>;
}

const test = base.extend<WorldFixtures, { obstacle: string | undefined }>({
  obstacle: [async ({}, use) => use(Internet.obstacle()), { scope: 'worker' }],

  world: async ({ obstacle, afterwards, person, playwright }, use, info) => {
    overcome(obstacle, info);
    await use(async (router, relay, protocol = 4) => {
      if (relay === 'coturn') overcome(coturnObstacle(), info);
      const internet = Internet.make(protocol);
      afterwards(() => internet.remove());
      const authority = new Authority(info.outputPath());
      const papers = authority.certify([...internet.hosts, internet.watched]);
      const [host, otherHost] = internet.hosts;

      const settings: Settings = { PARLOR_TLS_CERTIFICATE: papers.certificate, PARLOR_TLS_KEY: papers.key, PARLOR_RELAY_PORT: String(RELAY_PORT) };
      if (relay === 'coturn') {
        const coturn = await startCoturnBeside(internet, papers);
        afterwards(() => coturn.stop());
        Object.assign(settings, coturn.settings);
      }
      const server = await startServer(settings, HTTP_PORT, { through: internet.there, address: internet.watched });
      afterwards(() => server.stop());

      const houses: [Household, Household] = [internet.household(router), internet.household(router)];
      const baseURL = `https://${inUrl(host)}`;
      const settle = async (house: Household, name: string): Promise<Person> => {
        const browser = await playwright.chromium.launch({
          executablePath: house.chromium(info.outputPath(`${name}.sh`), authority.home),
          args: [...CHROMIUM_ARGS, ...SLOW_CAMERA],
        });
        afterwards(() => browser.close());
        return person({ browser, baseURL, relays: relay === 'coturn' ? [inUrl(otherHost)] : [] });
      };
      return { relay, houses, people: [await settle(houses[0], 'one'), await settle(houses[1], 'other')] };
    });
  },
});

// Each makes an internet, a server and two browsers of its own, and a way that is blocked takes some seconds to be given up.
test.describe.configure({ timeout: 120_000 });

/** The connection test of one of the two, who are at like places: what it finds of each way, and what follows for calls. */
async function expectTested({ people }: World, [direct, udp, tcp, tls]: [string, string, string, string], verdict: string): Promise<void> {
  const [{ home, page }] = people;
  await home.open();
  const ways = [`Direct connection ${direct}`, `Relay over UDP ${udp}`, `Relay over TCP ${tcp}`, `Relay over TLS, like a web page ${tls}`];
  await new ConnectionPart(page).expectSaid([...ways, 'Data through the relay works'], verdict);
}

/** Whoever wants to hear themselves is heard the longest way that a call may go. */
async function expectHeardThroughRelay(one: Person): Promise<void> {
  const { home, page } = one;
  await home.open();
  await framesGrow(home.preview);
  await page.locator('#settings-button').click();
  await page.locator('#hear-button').click();
  await expect(page.getByText('Speak now, for five seconds.')).toBeVisible();
  await expect.poll(() => way(one)).toBe('relay/udp > relay');
  await expect(page.getByText('This is how the others hear you.')).toBeVisible();
}

/** The kinds of candidates that a page's configuration finds, the most preferred first. */
function gather(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const connection = new RTCPeerConnection(window.watch.configurations.at(-1));
    connection.createDataChannel('x');
    const found: (RTCIceCandidate & { relayProtocol?: string })[] = [];
    const complete = new Promise<void>((done) => {
      connection.onicecandidate = ({ candidate }) => (candidate ? void found.push(candidate) : done());
    });
    await connection.setLocalDescription();
    await complete;
    connection.close();
    // What a browser offers for media over TCP between two is no way of ours.
    const ours = found.filter(({ protocol }) => protocol === 'udp').sort((a, b) => b.priority! - a.priority!);
    return ours.map(({ type, relayProtocol }) => (type === 'relay' ? `relay/${relayProtocol ?? 'udp'}` : type!));
  });
}

async function meet({ people }: World, room: string): Promise<void> {
  for (const one of people) {
    await one.home.open();
    await one.home.join(room);
  }
  await Promise.all(people.map(seesTheOther));
}

/** Media goes from one to the other without a relay, and both pages say so. */
async function expectDirect({ people }: World): Promise<void> {
  for (const one of people) {
    await expect.poll(() => way(one), { message: 'the way in use' }).toMatch(/^(host|srflx|prflx) > (host|srflx|prflx)$/);
    await expectSaid(one, 'direct');
  }
}

/**
 * Media goes through a relay and by no way past it, and both pages say how. Of these ways to the relay it takes the best
 * that the browser has found: connected, a browser looks no further, and if it is busy that may be before it has all.
 */
async function expectRelayed({ people, relay }: World, ...open: Carrier[]): Promise<void> {
  for (const one of people) {
    await expect(async () => {
      const { gathered, pairs, selected } = await ice(one);
      const found = CARRIERS.filter((carrier) => gathered.some((end) => kind(end) === `relay/${carrier}`));
      for (const carrier of found) expect(open).toContain(carrier);
      const [local, remote] = [kind(selected!.local), selected!.remote.candidateType];
      // The relay inside connects none but its own clients. Another one can be sent to without, but by UDP only.
      const withoutOwn = relay === 'coturn' && open.includes('udp');
      if (!withoutOwn) expect([local, remote]).toEqual([`relay/${found[0]}`, 'relay']);
      else if (remote !== 'relay') expect(local).toBe(`relay/${found[0]}`);
      const past = pairs.filter((pair) => pair.state === 'succeeded' && ![pair.local, pair.remote].some(({ candidateType }) => candidateType === 'relay'));
      expect(past, 'ways past the relay').toEqual([]);
    }).toPass({ timeout: 20_000 });
    await expectSaid(one, 'relayed');
  }
}

async function expectSaid({ page }: Person, path: 'direct' | 'relayed'): Promise<void> {
  await expect(new ConnectionPart(page).path).toHaveAttribute('data-path', path);
}

/** What somebody at this house has sent tells of relays and of no address of the house. */
function expectHidden(sent: string[], { address, outside }: Household): void {
  expect(candidatesIn(sent).length, 'candidates').toBeGreaterThan(0);
  expect(ownAddresses(sent)).toEqual([]);
  for (const own of [address, outside]) expect(sent.join('\n')).not.toContain(own);
}

for (const relay of RELAYS) {
  test.describe(`with the relay ${relay}`, () => {
    test('two behind symmetric NATs see each other through the relay', async ({ world, room }) => {
      const there = await world({ nat: 'symmetric', lets: 'all' }, relay);
      await expectTested(there, ['likely', 'works', 'works', 'works'], WORK);
      await meet(there, room);
      await expectRelayed(there, 'udp', 'tcp', 'tls');
      for (const house of there.houses) expect(house.nat()).toBe('symmetric');
    });

    // By TCP coturn is reached in relay.spec.ts, too.
    const tag = relay === 'coturn' ? ['@full'] : [];
    test('two whose networks block UDP see each other by TCP', { tag }, async ({ world, room }) => {
      const there = await world({ nat: 'cone', lets: 'tcp' }, relay);
      await expectTested(there, ['not from here', 'does not work', 'works', 'works'], WORK_WITHOUT_UDP);
      await meet(there, room);
      await expectRelayed(there, 'tcp', 'tls');
    });

    test('two whose networks let nothing but HTTPS through see each other by TLS', async ({ world, room }) => {
      const there = await world({ nat: 'symmetric', lets: 'https' }, relay);
      await expectTested(there, ['not from here', 'does not work', 'does not work', 'works'], WORK_WITHOUT_UDP);
      await meet(there, room);
      await expectRelayed(there, 'tls');
    });
  });
}

test('two behind port-restricted cones see each other directly, by STUN', async ({ world, room }) => {
  const there = await world({ nat: 'cone', lets: 'all' }, 'built-in');
  await expectTested(there, ['likely', 'works', 'works', 'works'], WORK);
  await expectHeardThroughRelay(there.people[0]);
  await meet(there, room);
  await expectDirect(there);
  expect((await Promise.all(there.people.map(way))).join(), 'an address that others see').toMatch(/srflx|prflx/);
  for (const house of there.houses) expect(house.nat()).toBe('cone');
  for (const { page } of there.people) {
    expect(await gather(page), 'the most preferred first').toEqual(['host', 'srflx', 'relay/udp', 'relay/tcp', 'relay/tls']);
  }
});

test('two in an internet of IPv6 alone see each other directly', async ({ world, room }) => {
  const there = await world({ nat: 'none', lets: 'all' }, 'built-in', 6);
  await expectTested(there, ['likely', 'works', 'works', 'works'], WORK);
  await meet(there, room);
  await expectDirect(there);
  for (const [at, one] of there.people.entries()) {
    expect((await ice(one)).selected?.local.address).toBe(there.houses[at]!.address);
    expect(there.houses[at]!.address).toContain(':');
  }
});

test('with IPv6 alone and no UDP the relay is reached by TCP', async ({ world, room }) => {
  const there = await world({ nat: 'none', lets: 'tcp' }, 'built-in', 6);
  await expectTested(there, ['not from here', 'does not work', 'works', 'works'], WORK_WITHOUT_UDP);
  await meet(there, room);
  await expectRelayed(there, 'tcp', 'tls');
});

test('whoever hides the own address before a call shows it to nobody', async ({ world, room }) => {
  const there = await world({ nat: 'cone', lets: 'all' }, 'built-in');
  const [[hiding, other], [house]] = [there.people, there.houses];
  const sent = sentBy(hiding.page);
  await hiding.home.open();
  const connection = new ConnectionPart(hiding.page);
  await connection.open();
  await connection.hide.check();
  await connection.close.click();
  await other.home.open();
  for (const one of there.people) await one.home.join(room);
  await Promise.all(there.people.map(seesTheOther));
  await expectRelayed(there, 'udp', 'tcp', 'tls');
  expectHidden(sent, house);
  expect(house.strays(), 'packets to anything but the servers').toBe(0);
});

test('whoever hides the own address during a call shows it to nobody from then on', async ({ world, room }) => {
  const there = await world({ nat: 'cone', lets: 'all' }, 'built-in');
  const [[hiding], [house]] = [there.people, there.houses];
  const sent = sentBy(hiding.page);
  await meet(there, room);
  await expectDirect(there);
  expect(ownAddresses(sent), 'nothing is hidden yet').not.toEqual([]);
  expect(house.strays(), 'packets to anything but the servers').toBeGreaterThan(0);

  const before = sent.length;
  await new ConnectionPart(hiding.page).hideInCall(true);
  const state = () => hiding.page.evaluate(() => window.watch.connections[0]!.connectionState);
  await expect.poll(state, { message: 'the direct connection' }).toBe('closed');
  const strays = house.strays();
  await expectRelayed(there, 'udp', 'tcp', 'tls');
  await Promise.all(there.people.map(seesTheOther));
  expectHidden(sent.slice(before), house);
  expect(house.strays(), 'packets to anything but the servers').toBe(strays);
});
