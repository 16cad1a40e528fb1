import { CHROMIUM, CHROMIUM_ARGS, FAKE_DEVICES } from '../fixtures/chromium';
import { Loudspeaker } from '../fixtures/loudspeaker';
import { withoutChannel } from '../fixtures/in-page';
import { framesGrow, hears } from '../fixtures/media';
import { overcome } from '../fixtures/obstacle';
import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';
import { signalsOf } from '../fixtures/wire';

interface Signal {
  webrtc_ice_candidate?: { candidate: RTCIceCandidateInit };
}

declare global {
  interface Window {
    /** Each candidate that was given to the browser, and their end. */
    added: (RTCIceCandidateInit | 'end')[];
  }
}

function noteCandidates(): void {
  const added: Window['added'] = (window.added = []);
  const add = RTCPeerConnection.prototype.addIceCandidate as (candidate?: RTCIceCandidateInit | null) => Promise<void>;
  RTCPeerConnection.prototype.addIceCandidate = function (this: RTCPeerConnection, candidate?: RTCIceCandidateInit | null) {
    added.push(candidate?.candidate ? { ...candidate } : 'end');
    return add.call(this, candidate);
  };
}

/** More than this comes out of a loudspeaker in a second of the fake microphone's beeps, and nothing in a second of silence. */
const LOUD = 1;

test('two people who type the same room number see and hear each other', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await Promise.all([ann, ben].map(({ call }) => framesGrow(call.local)));
  await Promise.all([ann, ben].map(({ page }) => hears(page)));
  for (const { call } of [ann, ben]) {
    const shown = await call.remote.evaluate(({ srcObject, muted }: HTMLVideoElement) => ({
      muted,
      live: srcObject instanceof MediaStream && srcObject.getTracks().filter((track) => track.readyState === 'live' && !track.muted).map(({ kind }) => kind).sort(),
    }));
    expect(shown, 'the picture is shown with its voice').toEqual({ muted: false, live: ['audio', 'video'] });
  }
  await Promise.all([ann, ben].map(({ call }) => framesGrow(call.remote)));
});

test('what one says comes out of the loudspeaker of the other', async ({
  person,
  room,
  playwright,
  afterwards,
}, info) => {
  overcome(Loudspeaker.obstacle(), info);
  const settle = async (name: string) => {
    const loudspeaker = Loudspeaker.in(info.outputPath(name));
    afterwards(() => loudspeaker.close());
    const args = [...CHROMIUM_ARGS, ...FAKE_DEVICES];
    const browser = await playwright.chromium.launch({ executablePath: CHROMIUM, args, ...loudspeaker.options });
    afterwards(() => browser.close());
    return { loudspeaker, ...(await person({ browser })) };
  };
  const [ann, ben] = [await settle('ann'), await settle('ben')];
  for (const { home } of [ann, ben]) {
    await home.open();
    await home.join(room);
  }
  await Promise.all([ann, ben].map(seesTheOther));
  const loudness = ({ loudspeaker }: typeof ann) => loudspeaker.energyOfNextSecond();
  for (const one of [ann, ben]) await expect.poll(() => loudness(one), { message: 'sound comes out' }).toBeGreaterThan(LOUD);
  await ben.call.mute.click();
  await expect.poll(() => loudness(ann), { message: 'silence falls' }).toBeLessThan(LOUD / 1_000);
  expect(await loudness(ben), 'the other one goes on').toBeGreaterThan(LOUD);
});

test('a third is told in place that the room is full, and the call of the two goes on unharmed', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const cem = await person();
  await cem.home.open();
  await cem.home.join(room);
  await expect(cem.home.notice).toContainText('All seats are taken');
  await cem.home.expectShown();
  await expect(cem.home.room).toHaveValue(room);

  for (const { call } of [ann, ben]) {
    await call.expectConnected(1);
    await framesGrow(call.remote);
  }
});

test('the third gets in as soon as somebody leaves', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const cem = await person();
  await cem.home.open();
  await cem.home.join(room);
  await expect(cem.home.notice).toContainText('All seats are taken');

  await ben.call.leave.click();
  await ann.call.expectAlone();
  await cem.home.connect.click();
  for (const { call } of [ann, cem]) {
    await call.expectConnected(1);
    await framesGrow(call.remote);
  }
});

test('the names that people give stand beside their pictures', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await ann.home.join(room, 'Ann');
  await ann.call.expectAlone();
  await ben.home.open();
  await ben.home.join(room, 'Ben <b>&</b>');
  await expect(ann.call.tiles).toContainText('Ben <b>&</b>');
  await expect(ben.call.tiles).toContainText('Ann');
  await expect(ann.call.remote).toHaveAccessibleName('Ben <b>&</b>');
  await expect(ben.call.remote).toHaveAccessibleName('Ann');
  await expect(ann.call.local).toHaveAccessibleName('You');
});

test('calls in different rooms do not mix', { tag: '@full' }, async ({ person, room }) => {
  // Who answers has no data channel.
  const [ann, ben] = await twoInCall(person, room, {}, { prepare: withoutChannel });
  await ann.call.mute.click();
  for (const { call } of [ann, ben]) await call.expectOff([]);
  const other = await person();
  await other.home.open();
  await other.home.join(`${room}1`);
  await other.call.expectAlone();
});

test('every candidate is sent, and given to the browser, with all that tells where it belongs, and their end once', async ({ person, room }) => {
  const pair = [await person(), await person()];
  const sent = pair.map(({ page }) => signalsOf(page, 'noteSent'));
  for (const { page } of pair) await page.addInitScript(noteCandidates);
  for (const { home } of pair) {
    await home.open();
    await home.join(room);
  }
  await Promise.all(pair.map(seesTheOther));
  for (const [at, { page }] of pair.entries()) {
    const candidates = () => sent[at]!.flatMap((signal) => (JSON.parse(signal) as Signal).webrtc_ice_candidate?.candidate ?? []);
    const gathering = () => page.evaluate(() => window.watch.connections.map((connection) => connection.iceGatheringState));
    await expect.poll(gathering).toEqual(['complete']);
    await expect.poll(() => candidates().at(-1)?.candidate, { message: 'the end comes last' }).toBe('');

    const sdp = await page.evaluate(() => window.watch.connections[0]!.localDescription!.sdp);
    const [, ...sections] = sdp.split(/^m=/m);
    const attribute = (section: string, name: string) => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(section)?.[1];
    const places = sections.map((section, index) => ({
      sdpMid: attribute(section, 'mid'),
      sdpMLineIndex: index,
      usernameFragment: attribute(section, 'ice-ufrag'),
    }));
    const named = candidates().filter(({ candidate }) => candidate !== '');
    expect(named.length, 'there are candidates').toBeGreaterThan(0);
    for (const { candidate, sdpMid, sdpMLineIndex, usernameFragment } of named) {
      expect(candidate).toMatch(/^candidate:/);
      expect(places).toContainEqual({ sdpMid, sdpMLineIndex, usernameFragment });
    }
    expect(candidates().filter(({ candidate }) => candidate === ''), 'their end, once').toHaveLength(1);

    const parts = candidates().map(({ candidate, sdpMid, sdpMLineIndex, usernameFragment }) =>
      candidate ? { candidate, sdpMid, sdpMLineIndex, usernameFragment } : 'end',
    );
    const added = () => pair[1 - at]!.page.evaluate(() => window.added);
    await expect.poll(added, 'the other side gives all of them to its browser').toEqual(parts);
  }
});
