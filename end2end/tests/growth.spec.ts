import { expect, seesTheOther, test } from '../fixtures/test';

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

test('pictures begin small, grow soon, and may have the size of the camera later', async ({ person, room }) => {
  test.setTimeout(90_000);
  const [ann, ben] = [await person(), await person()];
  for (const { page } of [ann, ben]) await page.addInitScript(noteWidths);
  for (const { home } of [ann, ben]) {
    await home.open();
    await home.join(room);
  }
  await Promise.all([ann, ben].map(seesTheOther));
  for (const { page } of [ann, ben]) {
    const widths = () => page.evaluate(() => window.widths);
    expect((await widths())[0], 'the first picture').toBeLessThanOrEqual(320);
    await expect.poll(async () => (await widths()).at(-1), 'a later one').toBeGreaterThan(320);
    const bounds = () => page.evaluate(() => window.bounds);
    expect((await bounds())[0], 'the first bound').toBe(320);
    await expect.poll(async () => (await bounds()).at(-1), { message: 'the last one', timeout: 45_000 }).toBeUndefined();
  }
});
