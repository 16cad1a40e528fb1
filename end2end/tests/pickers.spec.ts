import type { BrowserContext, Page } from '@playwright/test';

import { framesGrow, hears, hearsSilence } from '../fixtures/media';
import { chooseOther, openMenu, sent, THREE } from '../fixtures/pickers';
import { expect, test, twoInCall } from '../fixtures/test';

declare global {
  interface Window {
    /** Devices with such a name are pulled out. */
    pulledOut?: string;
  }
}

/** Devices can be pulled out by their names. */
async function pullable(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const devices = navigator.mediaDevices;
    if (!devices) return;
    const list = devices.enumerateDevices.bind(devices);
    devices.enumerateDevices = async () =>
      (await list()).filter(({ kind, label }) => kind !== 'audioinput' || label !== window.pulledOut);
  });
}

async function pull(page: Page, name: string | undefined): Promise<void> {
  await page.evaluate((name) => {
    window.pulledOut = name;
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  }, name);
}

test('a chosen device is there again after a reload, and one that is gone makes nothing fail', async ({ person, browserWith }) => {
  const { page, home } = await person({ browser: await browserWith(...THREE) });
  await home.open();
  await framesGrow(home.preview);
  const list = page.locator('#camera-select');
  const chosen = await chooseOther(list);
  const shown = () =>
    home.preview.evaluate((video: HTMLVideoElement) => (video.srcObject as MediaStream | null)?.getVideoTracks()[0]?.label);
  await expect.poll(shown).toBe(chosen);
  const id = await list.inputValue();

  await page.reload();
  await expect.poll(shown).toBe(chosen);
  await framesGrow(home.preview);
  const asked = () => page.evaluate(() => window.watch.asked);
  expect((await asked())[0], 'a wish of the first script').toMatchObject({ audio: true, video: { deviceId: { ideal: id } } });

  await page.evaluate(() => localStorage.setItem('parlor.camera', 'gone\nGone'));
  await page.reload();
  await framesGrow(home.preview);
  expect(await asked()).toMatchObject([{ video: { deviceId: { ideal: 'gone' } } }]);
});

test('an unplugged microphone is replaced with a word, and offered when it is back', { tag: '@full' }, async ({ person, room, browserWith }) => {
  const [host, guest] = await twoInCall(person, room, { browser: await browserWith(...THREE), prepare: pullable });
  await openMenu(guest, 'Choose microphone and speaker');
  const chosen = await chooseOther(guest.page.locator('#microphone-select'));
  await expect.poll(() => sent(guest.page, 'audio')).toBe(chosen);
  await guest.page.keyboard.press('Escape');

  await pull(guest.page, chosen);
  await expect(guest.page.getByText(`\u2068${chosen}\u2069 was unplugged. Now:`)).toBeVisible();
  await expect.poll(() => sent(guest.page, 'audio')).not.toBe(chosen);
  await hears(host.page);

  await pull(guest.page, undefined);
  await expect(guest.page.getByText(`\u2068${chosen}\u2069 is plugged in.`)).toBeVisible();
  await guest.page.getByRole('button', { name: 'Use it' }).click();
  await expect.poll(() => sent(guest.page, 'audio')).toBe(chosen);
  await hears(host.page);
});

test('a speaker that is refused is told, and the usual one goes on', async ({ person, room, browserWith }) => {
  const refuse = (context: BrowserContext) =>
    context.addInitScript(() => {
      HTMLMediaElement.prototype.setSinkId = () => Promise.reject(new DOMException('as the test wants it', 'NotAllowedError'));
    });
  const [, guest] = await twoInCall(person, room, { browser: await browserWith(...THREE), prepare: refuse });
  await openMenu(guest, 'Choose microphone and speaker');
  const list = guest.page.locator('#speaker-select');
  const before = await list.inputValue();
  await chooseOther(list);
  await expect(guest.page.getByRole('alert').getByText('This speaker cannot be used.')).toBeVisible();
  await expect(list).toHaveValue(before);
  await hears(guest.page);
});

/** A browser whose microphones can hum without a gesture: the beeps of the fake one are too short for speech. */
const HUMMING = [...THREE, '--autoplay-policy=no-user-gesture-required'];

async function hum(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const devices = navigator.mediaDevices;
    if (!devices) return;
    const capture = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await capture(constraints);
      for (const track of stream.getAudioTracks()) {
        const context = new AudioContext();
        const [tone, volume, out] = [context.createOscillator(), context.createGain(), context.createMediaStreamDestination()];
        volume.gain.value = 0.2;
        tone.connect(volume).connect(out);
        tone.start();
        stream.removeTrack(track);
        track.stop();
        stream.addTrack(out.stream.getAudioTracks()[0]!);
      }
      return stream;
    };
  });
}

test('whoever talks while muted is told, and can be heard at once', async ({ person, room, browserWith }) => {
  const [host, guest] = await twoInCall(person, room, { browser: await browserWith(...HUMMING), prepare: hum });
  await guest.call.mute.click();
  const words = guest.page.getByText('You are muted, so nobody hears you.');
  await expect(words).toBeVisible();
  await hearsSilence(host.page);
  await guest.page.getByRole('button', { name: 'Turn mic on' }).click();
  await expect(words).toBeHidden();
  await expect(guest.call.mute).toHaveAttribute('data-state', 'on');
  await hears(host.page);
});

test('whoever wants to hears how the others would hear them', async ({ person, browserWith }) => {
  const { page, home } = await person({ browser: await browserWith(...HUMMING), prepare: hum });
  await home.open();
  await framesGrow(home.preview);
  await page.locator('#settings-button').click();
  await expect(page.getByRole('meter'), 'the microphone is measured').toHaveAttribute('aria-valuenow', '5');
  await page.locator('#hear-button').click();
  await expect(page.getByText('Speak now, for five seconds.')).toBeVisible();
  await expect(page.getByText('This is how the others hear you.')).toBeVisible();
  // It hums on while the record is played.
  await expect(page.getByText('The microphone hears the speaker.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
});

test('the own voice is played no longer than its dialog is open', async ({ person, browserWith }) => {
  const { page, home } = await person({
    browser: await browserWith(...HUMMING),
    prepare: async (context) => {
      await hum(context);
      await context.addInitScript(() => {
        const played: HTMLMediaElement[] = [];
        const play = HTMLMediaElement.prototype.play;
        HTMLMediaElement.prototype.play = function () {
          if (this.src.startsWith('blob:')) played.push(this);
          return play.call(this);
        };
        Object.assign(window, { played });
      });
    },
  });
  const playing = () => page.evaluate<boolean[]>('window.played.map((element) => !element.paused)');
  await home.open();
  await framesGrow(home.preview);
  await page.locator('#settings-button').click();
  await page.locator('#hear-button').click();
  await expect(page.getByText('This is how the others hear you.')).toBeVisible();
  await expect.poll(async () => (await playing()).length).toBe(1);
  await page.keyboard.press('Escape');
  await expect.poll(playing).toEqual([false]);
});
