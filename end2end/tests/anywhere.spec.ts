import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { Authority } from '../fixtures/authority';
import { CHROMIUM_ARGS, FAKE_DEVICES } from '../fixtures/chromium';
import { Internet, type Household, type Protocol, type Router } from '../fixtures/internet';
import { startServer, type Settings } from '../fixtures/server';
import { ConnectionPart } from '../pages/connection';
import { expect, seesTheOther, test as base, type Person } from '../fixtures/test';

/** Whose relay browsers are told of. */
type RelayKind = 'built-in' | 'coturn';

const RELAYS: RelayKind[] = ['built-in', 'coturn'];
const RELAY_PORT = 3478;
const SECRET = 'known to both';
/** Port on which the watching process asks whether the server is up. */
const HTTP_PORT = 8080;

/** The way that media takes, as one browser says. */
interface Way {
  local: string;
  remote: string;
  /** How the browser reaches its relay, if it uses one. */
  relayProtocol?: string;
  address: string;
}

interface World {
  internet: Internet;
  houses: [Household, Household];
  people: [Person, Person];
}

interface WorldFixtures {
  /** Two people at home, each behind such a router, and a server with such a relay. */
  world: (router: Router, relay: RelayKind, protocol?: Protocol) => Promise<World>;
}

const test = base.extend<WorldFixtures, { obstacle: string | undefined }>({
  obstacle: [async ({}, use) => use(Internet.obstacle()), { scope: 'worker' }],

  world: async ({ obstacle, person, playwright }, use, info) => {
    info.skip(obstacle !== undefined, obstacle);
    const closing: (() => Promise<unknown> | void)[] = [];
    await use(async (router, relay, protocol = 4) => {
      const internet = Internet.make(protocol);
      closing.push(() => internet.remove());
      const authority = new Authority(info.outputPath());
      const papers = authority.certify([...internet.hosts, internet.watched]);
      const [host, otherHost] = internet.hosts;

      const settings: Settings = { PARLOR_TLS_CERTIFICATE: papers.certificate, PARLOR_TLS_KEY: papers.key, PARLOR_RELAY_PORT: String(RELAY_PORT) };
      if (relay === 'coturn') {
        closing.push(await coturn(internet, otherHost, papers));
        Object.assign(settings, { PARLOR_RELAY_ENABLED: 'false', PARLOR_ICE_SERVERS: elsewhere(otherHost) });
      }
      const server = await startServer(settings, HTTP_PORT, { through: internet.there, address: internet.watched });
      closing.push(() => server.stop());

      const houses: [Household, Household] = [internet.household(router), internet.household(router)];
      const baseURL = `https://${inUrl(host)}`;
      const settle = async (house: Household, name: string): Promise<Person> => {
        const browser = await playwright.chromium.launch({
          executablePath: house.chromium(info.outputPath(`${name}.sh`), authority.home),
          args: [...CHROMIUM_ARGS, ...FAKE_DEVICES],
        });
        closing.push(() => browser.close());
        return person({ browser, baseURL, relays: [inUrl(otherHost)] });
      };
      return { internet, houses, people: [await settle(houses[0], 'one'), await settle(houses[1], 'other')] };
    });
    for (const close of closing.reverse()) await close();
  },
});

/** What a host writes into the configuration for a coturn with `use-auth-secret`. */
function elsewhere(host: string): string {
  const at = inUrl(host);
  const urls = [`stun:${at}:${RELAY_PORT}`];
  const turn = [`turn:${at}:${RELAY_PORT}?transport=udp`, `turn:${at}:${RELAY_PORT}?transport=tcp`, `turns:${at}:443?transport=tcp`];
  const list = (urls: string[]) => `[${urls.map((url) => `"${url}"`).join(', ')}]`;
  return `[{urls = ${list(urls)}}, {urls = ${list(turn)}, secret = "${SECRET}"}]`;
}

/** Starts a coturn beside the server; the answer ends it. */
async function coturn(internet: Internet, host: string, { certificate, key }: { certificate: string; key: string }): Promise<() => Promise<void>> {
  const [program, ...command] = [...internet.beside, 'turnserver', '-n', '--no-cli', '--log-file=stdout', '--pidfile=/dev/null'];
  command.push('--use-auth-secret', `--static-auth-secret=${SECRET}`, '--realm=parlor.example', `--listening-ip=${host}`, `--relay-ip=${host}`);
  command.push(`--listening-port=${RELAY_PORT}`, '--tls-listening-port=443', `--cert=${certificate}`, `--pkey=${key}`, '--no-dtls', '--userdb=', '--keep-address-family');
  const child = spawn(program!, command, { stdio: ['ignore', 'pipe', 'ignore'] });
  const end = async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  let log = '';
  for await (const line of createInterface(child.stdout)) {
    log += `${line}\n`;
    if (/Total auth threads|auth thread/.test(line)) {
      child.stdout.resume();
      return end;
    }
  }
  throw new Error(`coturn did not start:\n${log}`);
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The way in use now. */
function way({ page }: Person): Promise<Way | undefined> {
  return page.evaluate(async () => {
    const stats = await window.watch.connections.at(-1)!.getStats();
    const entries = [...stats.values()] as { id: string; type: string; [key: string]: string }[];
    const find = (id: string | undefined) => entries.find((entry) => entry.id === id);
    const transport = entries.find(({ type }) => type === 'transport');
    const pair = find(transport?.selectedCandidatePairId);
    const [local, remote] = [find(pair?.localCandidateId), find(pair?.remoteCandidateId)];
    if (!local || !remote) return undefined;
    return { local: local.candidateType!, remote: remote.candidateType!, relayProtocol: local.relayProtocol, address: local.address! };
  });
}

async function meet(people: [Person, Person], room: string): Promise<void> {
  for (const one of people) {
    await one.home.open();
    await one.home.join(room);
  }
  await Promise.all(people.map(seesTheOther));
}

/** Both send through a relay, and who has an own one reaches it by such a protocol. */
async function expectRelayed(people: [Person, Person], protocols: string[]): Promise<void> {
  for (const one of people) {
    const kinds = async () => {
      const { local, remote } = (await way(one)) ?? {};
      return [local, remote];
    };
    await expect.poll(kinds, { message: 'the way in use' }).toContain('relay');
    const { local, relayProtocol } = (await way(one))!;
    // One relay is enough: who reaches the other's has no need of an own one.
    if (local === 'relay') expect(protocols).toContain(relayProtocol);
  }
}

for (const relay of RELAYS) {
  test.describe(`with the relay ${relay}`, () => {
    test('two behind port-restricted cones see each other directly, by STUN', async ({ world, room }) => {
      const { people } = await world({ nat: 'cone', lets: 'all' }, relay);
      await meet(people, room);
      for (const one of people) {
        await expect.poll(async () => (await way(one))?.local, { message: 'the way in use' }).not.toBe('relay');
        expect((await way(one))?.remote).not.toBe('relay');
      }
    });

    test('two behind symmetric NATs see each other through the relay', async ({ world, room }) => {
      const { people } = await world({ nat: 'symmetric', lets: 'all' }, relay);
      await meet(people, room);
      await expectRelayed(people, ['udp']);
    });

    test('two whose networks block UDP see each other by TCP', async ({ world, room }) => {
      const { people } = await world({ nat: 'cone', lets: 'tcp' }, relay);
      await meet(people, room);
      await expectRelayed(people, ['tcp', 'tls']);
    });

    test('two whose networks let nothing but HTTPS through see each other by TLS', async ({ world, room }) => {
      const { people } = await world({ nat: 'symmetric', lets: 'https' }, relay);
      await meet(people, room);
      await expectRelayed(people, ['tls']);
    });

    test('two in an internet of IPv6 alone see each other', async ({ world, room }) => {
      const { people } = await world({ nat: 'none', lets: 'all' }, relay, 6);
      await meet(people, room);
      for (const one of people) await expect.poll(async () => (await way(one))?.local).not.toBe('relay');
    });

    test('with IPv6 alone and no UDP the relay is reached by TCP', async ({ world, room }) => {
      const { people } = await world({ nat: 'none', lets: 'tcp' }, relay, 6);
      await meet(people, room);
      await expectRelayed(people, ['tcp', 'tls']);
    });

    test('whoever hides the own address shows it to nobody', async ({ world, room }) => {
      const { people, houses } = await world({ nat: 'cone', lets: 'all' }, relay);
      const [hiding] = people;
      const sent: string[] = [];
      hiding.page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(payload.toString())));
      await hiding.home.open();
      const connection = new ConnectionPart(hiding.page);
      await connection.open();
      await connection.hide.check();
      const [, other] = people;
      await other.home.open();
      for (const one of people) await one.home.join(room);
      await Promise.all(people.map(seesTheOther));
      expect((await way(hiding))?.local).toBe('relay');

      const candidates = sent.flatMap((frame) => frame.match(/candidate:[^"\\]*/g) ?? []);
      expect(candidates.length).toBeGreaterThan(0);
      for (const candidate of candidates) expect(candidate).toContain(' typ relay ');
      for (const address of [houses[0].address, houses[0].outside]) expect(sent.join('\n')).not.toContain(address);
      expect(houses[0].strays(), 'packets to anything but the server').toBe(0);
    });
  });
}
