import type { Page } from '@playwright/test';

import { hears } from '../fixtures/media';
import { chooseOther, openMenu, sent, THREE } from '../fixtures/pickers';
import { expect, test, twoInCall } from '../fixtures/test';

// What is promised in milliseconds is measured with nothing else on the machine.

/** What the others may miss while a device is changed. */
const GAP_MS = 300;
/** What the others are told, they are told within this. */
const TOLD_MS = 300;

declare global {
  interface Window {
    longestGap: number;
    /** Packets of the measured device that have arrived, and when the last did; the other's screen has streams of the same kinds. */
    arrived: () => Promise<[count: number, latest: number]>;
  }
}

/** When an attribute of the first tile has this value, on the clock of all pages of this machine. */
async function becomes(page: Page, attribute: string, value: string): Promise<{ at: Promise<number> }> {
  await page.evaluate(() => undefined);
  const at = page.evaluate(
    ([attribute, value]) =>
      new Promise<number>((done) => {
        const tile = document.querySelector('[data-peer]')!;
        const look = () => tile.getAttribute(attribute!) === value && done(Date.now());
        new MutationObserver(look).observe(tile, { attributes: true });
      }),
    [attribute, value],
  );
  return { at };
}

/**
 * Begins to measure for how long nothing of this kind arrives at the browser, whether or not its page has time to look;
 * `longestGap` tells.
 */
async function measureGaps(page: Page, kind: 'audio' | 'video'): Promise<void> {
  await page.evaluate((kind) => {
    window.longestGap = 0;
    const { srcObject } = document.querySelector<HTMLVideoElement>('[data-peer] video')!;
    const { id } = (srcObject as MediaStream).getTracks().find((track) => track.kind === kind)!;
    const connection = window.watch.connections.at(-1)!;
    window.arrived = async () => {
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type === 'inbound-rtp' && entry.trackIdentifier === id) return [entry.packetsReceived, entry.lastPacketReceivedTimestamp];
      }
      return [0, 0];
    };
    let last: number | undefined;
    const arrived = (at: number, covered = 0) => {
      if (last !== undefined) window.longestGap = Math.max(window.longestGap, at - last - covered);
      last = at;
    };
    if (kind === 'video') {
      const video = document.querySelector<HTMLVideoElement>('[data-peer] video')!;
      const next: VideoFrameRequestCallback = (_, { receiveTime }) => {
        arrived(receiveTime!);
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
      return;
    }
    const PACKET_MS = 20;
    let packets = 0;
    const look = async () => {
      const [count, latest] = await window.arrived();
      if (count > packets) arrived(latest, (count - packets - 1) * PACKET_MS);
      packets = count;
      setTimeout(() => void look(), 10);
    };
    void look();
  }, kind);
}

for (const [kind, key, id] of [
  ['video', 'Choose camera', '#camera-select'],
  ['audio', 'Choose microphone and speaker', '#microphone-select'],
] as const) {
  test(`another device for ${kind} is chosen in a call, and the other side misses nothing`, async ({ person, room, browserWith }) => {
    const [host, guest] = await twoInCall(person, room, { browser: await browserWith(...THREE) });
    await hears(host.page);
    await openMenu(guest, key);
    const before = await sent(guest.page, kind);
    await measureGaps(host.page, kind);
    const chosen = await chooseOther(guest.page.locator(id));
    expect(chosen).not.toBe(before);
    await expect.poll(() => sent(guest.page, kind)).toBe(chosen);
    const packets = () => host.page.evaluate(async () => (await window.arrived())[0]);
    const then = await packets();
    await expect.poll(packets, { message: 'the other device is received' }).toBeGreaterThan(then + 50);
    const gap = await host.page.evaluate(() => window.longestGap);
    expect(gap, 'something was measured').toBeGreaterThan(0);
    expect(gap).toBeLessThan(GAP_MS);
    await guest.page.keyboard.press('Escape');

    const live = () =>
      guest.page.evaluate(
        () => window.watch.streams.flatMap((stream) => stream.getTracks()).filter(({ readyState }) => readyState === 'live').length,
      );
    await expect.poll(live, { message: 'the device before is stopped' }).toBe(2);
    expect(await host.page.evaluate(() => window.watch.connections.length), 'on the same connection').toBe(1);
  });
}

test('a mute is told at once', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const seen = await becomes(ben.page, 'data-muted', 'yes');
  const pressed = await ann.page.evaluate(() => {
    document.querySelector<HTMLElement>('#mute-button')!.click();
    return Date.now();
  });
  expect((await seen.at) - pressed).toBeLessThan(TOLD_MS);
});
