import type { Page } from '@playwright/test';

import { expect, test, twoInCall, type Person, type PersonOptions } from '../fixtures/test';

declare global {
  interface Window {
    /** Each width that the picture of the other one has had, in pixels. */
    widths: number[];
    /** Each width by which the own one was bounded, in pixels; none where it was not. */
    bounds: (number | undefined)[];
  }
}

function noteWidths(): void {
  const widths: number[] = (window.widths = []);
  const note = ({ target }: Event) => {
    if (target instanceof HTMLVideoElement && target.id === 'remote-video' && target.videoWidth > 0) widths.push(target.videoWidth);
  };
  // Both are fired at the element alone; on their way to it they pass the window.
  for (const change of ['loadedmetadata', 'resize']) addEventListener(change, note, true);
  const bounds: (number | undefined)[] = (window.bounds = []);
  const set = RTCRtpSender.prototype.setParameters;
  RTCRtpSender.prototype.setParameters = function (parameters) {
    const encodings: (RTCRtpEncodingParameters & { scaleResolutionDownTo?: { maxWidth: number } })[] = parameters.encodings;
    bounds.push(...encodings.map(({ scaleResolutionDownTo }) => scaleResolutionDownTo?.maxWidth));
    return set.call(this, parameters);
  };
}

/** Two in a call whose pictures have begun small and have grown. */
async function growing(person: (options?: PersonOptions) => Promise<Person>, room: string): Promise<Page[]> {
  const pair = await twoInCall(person, room, { prepare: (context) => context.addInitScript(noteWidths) });
  for (const { page } of pair) {
    const widths = () => page.evaluate(() => window.widths);
    expect((await widths())[0], 'the first picture').toBeLessThanOrEqual(320);
    await expect.poll(async () => (await widths()).at(-1), 'a later one').toBeGreaterThan(320);
    expect((await page.evaluate(() => window.bounds))[0], 'the first bound').toBe(320);
  }
  return pair.map(({ page }) => page);
}

test('pictures begin small and grow soon', async ({ person, room }) => {
  await growing(person, room);
});

// That no bound is for ever is proved where it is decided, in src/call; here it takes half a minute.
test('pictures may have the size of the camera in the end', { tag: '@full' }, async ({ person, room }) => {
  test.setTimeout(90_000);
  for (const page of await growing(person, room)) {
    const bound = () => page.evaluate(() => window.bounds.at(-1));
    await expect.poll(bound, { message: 'the last bound', timeout: 45_000 }).toBeUndefined();
  }
});
