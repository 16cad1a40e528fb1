import type { BrowserContext } from '@playwright/test';

import { brightness, framesGrow, hears, hearsSilence } from '../fixtures/media';
import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';

const BLACK = 8;
/** What a page is told over the data channel, it says before silence or black frames could tell. */
const AT_ONCE = { timeout: 1_000 };

declare global {
  interface Window {
    channel: RTCDataChannel;
  }
}

/** Keeps the channel of what pages tell each other, of the connection that the page opens last; files have one of their own. */
async function keepsChannel(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const open = RTCPeerConnection.prototype.createDataChannel;
    RTCPeerConnection.prototype.createDataChannel = function (this: RTCPeerConnection, ...how: [string, RTCDataChannelInit?]) {
      const channel = open.apply(this, how);
      if (how[1]?.id === 0) window.channel = channel;
      return channel;
    };
  });
}

/** Sends what no page of ours would: nested so deep that its reader could fall, huge, a text, and more than is read. */
function sendsNonsense(): void {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const odd = ['['.repeat(16_384), `{"type":"hello","x":${'['.repeat(900)}`, 'x'.repeat(200_000), '{"type":"sources"'];
  for (const text of odd) window.channel.send(bytes(text));
  window.channel.send('a text');
  for (let count = 0; count < 2_000; count += 1) window.channel.send(bytes('{"type":"sources","sends":[]}'));
}

test('mute is silence at the other side, and only there', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room, { prepare: keepsChannel }, {});
  await hears(ben.page);
  await expect(ann.call.mute).toHaveAttribute('aria-checked', 'true');
  await ben.call.expectOff([]);
  await ann.call.mute.click();
  await ben.call.expectOff(['Muted'], AT_ONCE);
  await expect(ann.call.mute).toHaveAttribute('aria-checked', 'false');
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await ann.call.expectOff([]);
  await hearsSilence(ben.page);
  await hears(ann.page);
  await framesGrow(ben.call.remote);

  await ann.call.mute.click();
  await ben.call.expectOff([], AT_ONCE);
  await expect(ann.call.mute).toHaveAttribute('aria-checked', 'true');
  await hears(ben.page);

  await ann.page.evaluate(sendsNonsense);
  await ben.call.expectOff(['Muted', 'Camera off']);
  await hears(ben.page);
});

test('camera off is black at the other side, and the voice goes on', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  await expect.poll(() => brightness(ben.call.remote)).toBeGreaterThan(10 * BLACK);
  await ann.call.camera.click();
  await ben.call.expectOff(['Camera off'], AT_ONCE);
  await expect(ben.call.tiles, 'the initial instead of a black picture').toHaveAttribute('data-video', 'off');
  await expect(ann.call.camera).toHaveAttribute('data-state', 'muted');
  await expect.poll(() => brightness(ben.call.remote)).toBeLessThan(BLACK);
  await hears(ben.page);
  await framesGrow(ann.call.remote);

  await ann.call.camera.click();
  await expect(ann.call.camera).toHaveAttribute('data-state', 'on');
  await ben.call.expectOff([], AT_ONCE);
  await expect.poll(() => brightness(ben.call.remote)).toBeGreaterThan(10 * BLACK);
});

test('who mutes while waiting is silent from the first moment', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectAlone();
  await ann.call.mute.click();
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await ben.home.open();
  await ben.home.join(room);
  await ben.call.expectConnected(1);
  await framesGrow(ben.call.remote);
  await ben.call.expectOff(['Muted']);
  await hearsSilence(ben.page);

  // What was told is told again to a page that knows nothing of it, and by one that was loaded anew.
  for (const { page } of [ben, ann]) {
    await page.reload();
    await Promise.all([ann, ben].map(({ call }) => call.expectConnected(1)));
    await ben.call.expectOff(['Muted']);
    await ann.call.expectOff([]);
  }
});

test('one can look at oneself first, mute and turn the camera off, and joins like that', async ({ person, room }) => {
  const ann = await person({ devices: { promptWaits: true } });
  const { page, home, call } = ann;
  await home.open(`/room/${room}`);
  await page.getByRole('button', { name: 'Turn on camera' }).click();
  await page.evaluate(() => window.watch.answerPrompt?.());
  await framesGrow(home.preview);
  expect(await page.evaluate(() => window.watch.connections.length), 'nobody is on the air').toBe(0);
  // Out of a call these stand below the preview.
  await call.mute.click();
  await expect(call.mute).toHaveAttribute('data-state', 'muted');
  await call.camera.click();
  await expect(call.camera).toHaveAttribute('data-state', 'muted');
  await home.connect.click();
  await call.expectAlone();

  const ben = await person();
  await ben.home.open();
  await ben.home.join(room);
  await Promise.all([ann.call, ben.call].map((call) => call.expectConnected(1)));
  await framesGrow(call.remote);
  await ben.call.expectOff(['Muted', 'Camera off']);
  await hearsSilence(ben.page);
  await expect.poll(() => brightness(ben.call.remote)).toBeLessThan(BLACK);
  await call.camera.click();
  await call.mute.click();
  await Promise.all([ann, ben].map(seesTheOther));
  await ben.call.expectOff([]);
  await hears(ben.page);
  await expect.poll(() => brightness(ben.call.remote)).toBeGreaterThan(10 * BLACK);
});
