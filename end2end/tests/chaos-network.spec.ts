import { expect, lasting, LOST_LINE, Observed, rounded, test as base } from '../fixtures/chaos';
import { FAKE_DEVICES, CHROMIUM_ARGS } from '../fixtures/chromium';
import { frameAfter } from '../fixtures/frames';
import { ice, iceUsers } from '../fixtures/ice';
import { Island } from '../fixtures/island';
import { hears } from '../fixtures/media';
import { overcome } from '../fixtures/obstacle';
import { seesTheOther, type Person } from '../fixtures/test';

const PICTURES_BACK_MS = 15_000;
/** With some packets lost, a picture waits for what is sent again and no longer. */
const LONGEST_GAP_MS = 3_000;

interface NetworkFixtures {
  island: Island;
  /** A call of somebody on this machine with somebody on the island. */
  overseas: Observed;
}

const test = base.extend<NetworkFixtures, { obstacle: string | undefined }>({
  obstacle: [async ({}, use) => use(Island.obstacle()), { scope: 'worker' }],

  island: async ({ obstacle, afterwards }, use, info) => {
    overcome(obstacle, info);
    const island = Island.make();
    afterwards(() => island.remove());
    await use(island);
  },

  overseas: async ({ island, afterwards, person, room, server, playwright }, use, info) => {
    const { port } = new URL(server.url);
    const baseURL = `http://${island.mainland}:${port}`;
    const browser = await playwright.chromium.launch({
      executablePath: island.chromium(info.outputPath('chromium.sh')),
      // As if that machine had a certificate: without it there is no camera.
      args: [...CHROMIUM_ARGS, ...FAKE_DEVICES, `--unsafely-treat-insecure-origin-as-secure=${baseURL}`],
    });
    afterwards(() => browser.close());
    // What Chromium loads while networks come and go it gives up, and the page asks again.
    const provokes = new RegExp(`${LOST_LINE.source}|Failed to fetch`);
    await use(await Observed.call(person, room, { provokes }, { provokes, baseURL, browser }));
  },
});

// With a relay, media that is lost goes on through it by TCP, and nothing has to be restarted.
test.use({ settings: { PARLOR_RELAY_ENABLED: 'false' } });

/** The address from which somebody sends. */
async function sendsFrom(person: Person): Promise<string | undefined> {
  return (await ice(person)).selected?.local.address;
}

/** How long after a moment both see and hear each other again. */
async function picturesBack(call: Observed, since: number): Promise<number> {
  const firsts = await Promise.all(call.pair.map(({ page }) => frameAfter(page, since, 40_000)));
  await Promise.all(call.pair.map(seesTheOther));
  await Promise.all(call.pair.map(({ page }) => hears(page)));
  return Math.max(...firsts) - since;
}

test('the address of one side changes in the middle of a call', async ({ overseas, island }) => {
  const began = Date.now();
  island.changeAddress();
  await expect.poll(() => sendsFrom(overseas.pair[1]), { timeout: 40_000 }).toBe(island.address);
  await picturesBack(overseas, Date.now());
  await overseas.expectUntouched();
  const gaps = await overseas.gaps(began);
  overseas.note('address changed', gaps);
  expect(Math.max(...gaps)).toBeLessThan(PICTURES_BACK_MS);
});

test('one side loses its network for some seconds and comes back with another address', async ({ overseas, island }) => {
  const began = Date.now();
  island.unplug();
  await lasting(5);
  island.plugIn();
  const up = Date.now();
  const back = await picturesBack(overseas, up);
  expect(await sendsFrom(overseas.pair[1])).toBe(island.address);
  await overseas.expectUntouched();
  const gaps = await overseas.gaps(began);
  overseas.note('network gone for 5 s and another one after', gaps, `pictures back ${rounded(back)} ms after it was there`);
  expect(back).toBeLessThan(PICTURES_BACK_MS);
});

test('a fifth of all packets is lost for ten seconds, and the call goes on', async ({ overseas, island }) => {
  const began = Date.now();
  island.loseAFifth();
  await lasting(10);
  island.loseNothing();
  const during = await overseas.gaps(began);
  const back = await picturesBack(overseas, Date.now());
  overseas.note('20% packet loss for 10 s', during, `pictures ${rounded(back)} ms after it`);
  await overseas.expectUntouched();
  expect(Math.max(...during), 'the longest gap meanwhile').toBeLessThan(LONGEST_GAP_MS);
  expect(back).toBeLessThan(LONGEST_GAP_MS);
});

test('media is lost for twelve seconds, and ICE is restarted on the same connection', async ({ overseas, island }) => {
  const before = await Promise.all(overseas.pair.map(iceUsers));
  const began = Date.now();
  island.loseMedia();
  await lasting(12);
  island.loseNothing();
  const up = Date.now();
  const back = await picturesBack(overseas, up);
  await overseas.expectUntouched();
  const after = await Promise.all(overseas.pair.map(iceUsers));
  for (const [at, one] of after.entries()) {
    expect(one, 'one connection').toHaveLength(1);
    expect(one, 'with new credentials').not.toEqual(before[at]);
  }
  overseas.note('no media for 12 s', await overseas.gaps(began), `pictures back ${rounded(back)} ms after, by an ICE restart`);
  expect(back).toBeLessThan(PICTURES_BACK_MS);
});
