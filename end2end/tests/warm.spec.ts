import { framesGrow } from '../fixtures/media';
import { expect, test, type Person } from '../fixtures/test';

// One seat more than there are people, so that somebody may always come.
test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3' } });

/** How far a connection has come that is not closed. */
interface Made {
  /** Its parts for media. */
  parts: number;
  /** It has a local description. */
  isSet: boolean;
  gathering: RTCIceGatheringState;
  state: RTCPeerConnectionState;
}

const AT_HAND: Made = { parts: 4, isSet: false, gathering: 'new', state: 'new' };

declare global {
  interface Window {
    atHand: RTCPeerConnection;
    /** How often an offer was asked for and refused. */
    refusals: number;
  }
}

function made({ page }: Person): Promise<Made[]> {
  return page.evaluate(() =>
    window.watch.made
      .filter(({ connectionState }) => connectionState !== 'closed')
      .map((connection) => ({
        parts: connection.getTransceivers().length,
        isSet: connection.localDescription !== null,
        gathering: connection.iceGatheringState,
        state: connection.connectionState,
      })),
  );
}

/** Waits in the room until a connection is at hand, and keeps it. */
async function waits(one: Person, room: string): Promise<void> {
  await one.home.open();
  await one.home.join(room);
  await one.call.expectAlone();
  await expect.poll(() => made(one), { message: 'a connection is at hand, and nothing of it is set' }).toEqual([AT_HAND]);
  await one.page.evaluate(() => (window.atHand = window.watch.made.at(-1)!));
}

async function comes(one: Person, room: string): Promise<void> {
  await one.home.open();
  await one.home.join(room);
}

async function seesOne({ call }: Person): Promise<void> {
  await call.expectConnected(1);
  await framesGrow(call.remote);
}

/** How many connections are not closed once the first picture of another one is shown. */
async function openAtFirstPicture({ page }: Person): Promise<{ count: Promise<number> }> {
  await page.evaluate(() => undefined);
  const count = page.evaluate(
    () =>
      new Promise<number>((done) => {
        const look = () => {
          const video = document.querySelector<HTMLVideoElement>('[data-peer] video');
          if (!video?.getVideoPlaybackQuality().totalVideoFrames) return void setTimeout(look, 10);
          done(window.watch.made.filter(({ connectionState }) => connectionState !== 'closed').length);
        };
        look();
      }),
  );
  return { count };
}

test('a newcomer gets the connection at hand, and the next is made after the pictures', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await waits(ann, room);
  const first = await openAtFirstPicture(ann);
  await comes(ben, room);
  await Promise.all([ann, ben].map(seesOne));
  expect(await first.count, 'no other one beside the first picture').toBe(1);
  expect(await ann.page.evaluate(() => window.watch.connections.length), 'that have been with somebody').toBe(1);
  expect(await ann.page.evaluate(() => window.watch.connections[0] === window.atHand), 'the one that was at hand').toBe(true);
  for (const one of [ann, ben]) {
    const inUse = { ...AT_HAND, isSet: true, gathering: 'complete', state: 'connected' };
    await expect.poll(() => made(one), { message: 'one in use, one at hand' }).toEqual([inUse, AT_HAND]);
  }

  await ben.call.leave.click();
  await ann.call.expectAlone();
  await expect.poll(() => made(ann), { message: 'the next stays at hand' }).toEqual([AT_HAND]);
  await expect.poll(() => made(ben), { message: 'who has left has none' }).toEqual([]);
  await ben.home.connect.click();
  await Promise.all([ann, ben].map(seesOne));
});

test('where the connection at hand was closed, another one is made', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await waits(ann, room);
  await ann.page.evaluate(() => window.atHand.close());
  await comes(ben, room);
  await Promise.all([ann, ben].map(seesOne));
  const states = await ann.page.evaluate(() => window.watch.connections.map(({ connectionState }) => connectionState));
  expect(states, 'that have been with somebody').toEqual(['connected']);
});

/** A browser that makes no offer but the one that it sets. */
function refusesOffers(): void {
  window.refusals = 0;
  RTCPeerConnection.prototype.createOffer = (): Promise<never> => {
    window.refusals += 1;
    return Promise.reject(new DOMException('as the test wants it', 'OperationError'));
  };
}

test('a browser that makes no offer ahead connects all the same', async ({ person, room }) => {
  const ann = await person({ prepare: (context) => context.addInitScript(refusesOffers) });
  const ben = await person();
  await comes(ann, room);
  await expect.poll(() => ann.page.evaluate(() => window.refusals), { message: 'asked once' }).toBe(1);
  await expect.poll(() => made(ann), { message: 'what was refused is closed' }).toEqual([]);
  await comes(ben, room);
  await Promise.all([ann, ben].map(seesOne));
});
