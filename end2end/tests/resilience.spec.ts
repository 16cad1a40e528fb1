import type { Page } from '@playwright/test';

import { expectDevicesReleased, framesGrow, openConnections } from '../fixtures/media';
import { expect, seesTheOther, test, twoInCall, type Person } from '../fixtures/test';
import { SEALED } from '../fixtures/seal';

/** Sits down in a room with a program of its own, and offers everybody a call of which it rejects the picture. */
async function offersSoundOnly(page: Page, room: string): Promise<void> {
  await page.evaluate(SEALED);
  await page.evaluate(async (room) => {
    const own = await sealedPage(room);
    window.answered = [];
    const section = (kind: string, mid: number, port: number, map: string) =>
      `m=${kind} ${port} UDP/TLS/RTP/SAVPF ${map.split(' ')[0]}\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n` +
      `a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 ${Array(32).fill('AA').join(':')}\r\na=setup:actpass\r\n` +
      `a=mid:${mid}\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:${map}\r\n`;
    const sdp =
      'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n' +
      section('audio', 0, 9, '111 opus/48000/2') +
      section('video', 1, 0, '96 VP8/90000');
    return new Promise<void>((seated) => {
      const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws?version=3');
      let seat = { peer: 0, page: 0 };
      let seal: Promise<Seal>;
      const { hello, door } = own;
      socket.onopen = () => socket.send(JSON.stringify({ type: 'join', room, hello, door }));
      socket.onmessage = async ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === 'room_created') {
          seat = { peer: message.peer, page: message.page };
          seated();
        }
        if (message.type === 'peer_joined') {
          seal = own.seal(seat, message);
          const webrtc_offer = { sdp, epoch: Math.max(seat.page, message.page) * 1024, offer: 1 };
          const sealed = await (await seal).close({ webrtc_offer });
          socket.send(JSON.stringify({ type: 'signal', to: message.peer, sealed }));
        }
        if (message.type === 'signal') {
          const { webrtc_answer } = (await (await seal).open(message.sealed)) as { webrtc_answer?: { sdp: string } };
          if (webrtc_answer) window.answered.push(webrtc_answer.sdp);
        }
      };
    });
  }, room);
}

test('whatever a member offers, the buttons of the others go on working', async ({ person, room }) => {
  const [guest, ann] = [await person(), await person()];
  await guest.page.goto('/');
  await offersSoundOnly(guest.page, room);
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectShown();
  await expect.poll(() => guest.page.evaluate(() => window.answered.length), 'the offer is answered').toBe(1);
  for (const state of ['muted', 'on']) {
    await ann.call.camera.click();
    await expect(ann.call.camera).toHaveAttribute('data-state', state);
  }
  await ann.call.leave.click();
  await ann.home.expectShown();
  await expectDevicesReleased(ann.page);
});

/** Ends the program by an exception that crosses WebAssembly, where nothing catches it. */
async function dies({ page, call }: Person): Promise<void> {
  await page.evaluate(() =>
    Object.defineProperty(MediaStreamTrack.prototype, 'enabled', {
      set: () => {
        throw new Error('as the test wants it');
      },
    }),
  );
  await call.mute.click();
}

test('a program that has died says so and lets go of everything, and to load it again leads back into the call', async ({
  person,
  room,
}) => {
  const [ann, ben] = await twoInCall(person, room, { provokes: /as the test wants it/ }, {});
  await dies(ann);
  await expect(ann.page.getByRole('alert').filter({ visible: true })).toContainText('This page has stopped working');
  const again = ann.page.getByRole('button', { name: 'Load again' });
  await expect(again).toBeFocused();
  await expectDevicesReleased(ann.page);
  expect(await openConnections(ann.page)).toBe(0);
  await expect(ben.call.tiles.first()).toHaveAttribute('data-link', 'away');

  await again.click();
  await Promise.all([ann, ben].map(seesTheOther));
});

test('a program that died without an error that anybody hears is missed all the same', async ({ person }) => {
  const ann = await person({
    ends: 'dead',
    provokes: /as the test wants it/,
    prepare: (context) =>
      context.addInitScript(() => {
        for (const name of ['error', 'unhandledrejection']) {
          addEventListener(name, (event) => event.stopImmediatePropagation(), true);
        }
      }),
  });
  await ann.home.open();
  await framesGrow(ann.home.preview);
  await dies(ann);
  await expect(ann.page.getByRole('alert').filter({ visible: true })).toContainText('This page has stopped working');
  await expectDevicesReleased(ann.page);
});

/** A module whose only function is a trap, as a panic is in a release. */
const TRAP = Buffer.from('0061736d010000000104016000000302010007080104747261700000' + '0a050103' + '00000b', 'hex');

test('a program that died before it could make calls says so', async ({ person }) => {
  const ann = await person({ ends: 'dead', provokes: /unreachable/ });
  await ann.page.route('**/split_driver.wasm', () => undefined);
  await ann.page.route('**/pkg/trap.wasm', (route) => route.fulfill({ contentType: 'application/wasm', body: TRAP }));
  await ann.page.goto('/');
  await expect(ann.page.locator('main[data-ready]')).toBeVisible();
  await ann.page.evaluate(async () => {
    const { instance } = await WebAssembly.instantiateStreaming(fetch('/pkg/trap.wasm'));
    setTimeout(instance.exports['trap'] as () => void);
  });
  await expect(ann.page.getByRole('alert').filter({ visible: true })).toContainText('This page has stopped working');
});

test('what the system pauses is played again, and what it mutes is told until it is over', async ({ person, room }) => {
  const [ann] = await twoInCall(person, room);
  await ann.page.evaluate(() => document.querySelectorAll('video').forEach((video) => video.pause()));
  for (const video of [ann.call.remote, ann.call.local]) {
    await expect(video).toHaveJSProperty('paused', false);
    await framesGrow(video);
  }

  const mute = (muted: boolean) =>
    ann.page.evaluate((muted) => {
      const track = window.watch.streams.flatMap((stream) => stream.getAudioTracks()).at(-1)!;
      track.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
    }, muted);
  await mute(true);
  await expect(ann.call.mute).toHaveAttribute('data-state', 'held');
  await expect(ann.call.mute).toHaveAccessibleDescription(/nobody hears you/);
  await expect(ann.call.notice).toContainText('Your device or browser mutes the microphone');
  await mute(false);
  await expect(ann.call.mute).toHaveAttribute('data-state', 'on');
  await expect(ann.call.notice).toContainText('Your microphone works again.');
});
