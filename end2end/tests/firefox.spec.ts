import { createHash } from 'node:crypto';

import { CHROMIUM, CHROMIUM_ARGS, SLOW_CAMERA } from '../fixtures/chromium';
import { fileOf, MB, withoutPicker } from '../fixtures/files';
import { expect, test, type FirefoxPerson } from '../fixtures/firefox';
import { expectDevicesReleased, framesGrow, hears, hearsSilence, openConnections } from '../fixtures/media';
import { withScreens } from '../fixtures/screens';
import { seesTheOther, type Person } from '../fixtures/test';
import { FilesPanel } from '../pages/files';

// Two browsers that have nothing in common but the machine.
test.use({ launchOptions: { executablePath: CHROMIUM, args: [...CHROMIUM_ARGS, ...SLOW_CAMERA] } });

/** What both do in the same way, whatever browser they have. */
interface Caller {
  readonly name: string;
  enters(room: string): Promise<void>;
  presses(state: 'muted' | 'on'): Promise<void>;
  /** Is told so of the other one. */
  isTold(state: 'muted' | 'on'): Promise<void>;
  leaves(): Promise<void>;
  comesBack(): Promise<void>;
  isAlone(): Promise<void>;
  seesTheOther(): Promise<void>;
  readonly page: FirefoxPerson['page'] | Person['page'];
}

function withFirefox({ page, home, call }: FirefoxPerson): Caller {
  return {
    name: 'Firefox',
    page,
    enters: async (room) => {
      await home.open();
      await home.join(room, 'Firefox');
    },
    presses: (state) => call.mute(state),
    isTold: (state) => call.expectMuted(state),
    leaves: async () => {
      await call.leave();
      await home.expectShown();
    },
    comesBack: () => home.connect(),
    isAlone: () => call.expectAlone(),
    seesTheOther: () => call.expectSeen(),
  };
}

function withChromium(one: Person): Caller {
  const { page, home, call } = one;
  return {
    name: 'Chromium',
    page,
    enters: async (room) => {
      await home.open();
      await home.join(room, 'Chromium');
    },
    presses: async (state) => {
      await call.mute.click();
      await expect(call.mute).toHaveAttribute('data-state', state);
    },
    isTold: (state) => call.expectOff(state === 'muted' ? ['Muted'] : []),
    leaves: async () => {
      await call.leave.click();
      await home.expectShown();
    },
    comesBack: () => home.connect.click(),
    isAlone: () => call.expectAlone(),
    seesTheOther: async () => {
      await seesTheOther(one);
      await framesGrow(call.local);
    },
  };
}

for (const first of ['Firefox', 'Chromium']) {
  test(`Firefox and Chromium see and hear each other, ${first} being there first: mute, leave, come back`, async ({ person, firefox, room }) => {
    test.setTimeout(120_000);
    const pair = [withFirefox(await firefox()), withChromium(await person())];
    if (pair[0]!.name !== first) pair.reverse();
    const [host, guest] = pair as [Caller, Caller];
    const expectCall = async () => {
      await Promise.all(pair.map((one) => one.seesTheOther()));
      await Promise.all(pair.map(({ page }) => hears(page)));
    };

    await host.enters(room);
    await host.isAlone();
    await guest.enters(room);
    await expectCall();

    for (const [muted, other] of [[host, guest], [guest, host]] as const) {
      await muted.presses('muted');
      await other.isTold('muted');
      await hearsSilence(other.page);
      await hears(muted.page);
      await muted.presses('on');
      await other.isTold('on');
      await hears(other.page);
    }

    for (const [leaver, stayer] of [[guest, host], [host, guest]] as const) {
      await leaver.leaves();
      await stayer.isAlone();
      await expectDevicesReleased(leaver.page);
      for (const { page } of pair) await expect.poll(() => openConnections(page)).toBe(0);
      await leaver.comesBack();
      await expectCall();
    }
  });
}

test('Firefox fills its window with the other, lists its devices, and writes and reads in the chat', async ({ person, firefox, room }) => {
  test.setTimeout(120_000);
  const [fox, ann] = [await firefox(), await person()];
  await fox.home.open();
  await fox.home.join(room, 'Firefox');
  await fox.call.expectAlone();
  await ann.home.open();
  await ann.home.join(room, 'Ann');
  await seesTheOther(ann);
  await fox.call.expectSeen();
  const filled = () =>
    fox.page.evaluate(() => {
      const { width, height } = document.querySelector('[data-peer]')!.getBoundingClientRect();
      return (width * height) / (innerWidth * innerHeight);
    });
  await expect.poll(filled).toBeGreaterThan(0.85);

  await fox.page.click('#chat-button');
  await fox.page.fill('#chat-input', 'Hello <b>there</b>');
  await fox.page.click('#chat-send');
  await ann.page.locator('#chat-button').click();
  const said = ann.page.locator('.chat-message .bubble');
  await expect(said).toHaveText(['Hello <b>there</b>']);
  await ann.page.locator('#chat-input').fill('Hello');
  await ann.page.locator('#chat-input').press('Enter');
  const read = () => fox.page.evaluate(() => [...document.querySelectorAll('.chat-message .bubble')].map((one) => one.textContent));
  await expect.poll(read).toEqual(['Hello <b>there</b>', 'Hello']);
  await fox.page.click('#chat-button');

  await fox.page.click('.key-more');
  const names = () => fox.page.evaluate(() => [...document.querySelectorAll('#microphone-select option')].map((one) => one.textContent));
  await expect.poll(async () => (await names()).filter(Boolean).length, 'the microphone has a name').toBeGreaterThan(0);
});

test('Firefox sees a shared screen, and gets and sends files', async ({ person, firefox, room }) => {
  test.setTimeout(120_000);
  const [fox, ann] = [await firefox(), await person({ prepare: (context) => Promise.all([withScreens(context), withoutPicker(context)]) })];
  await ann.home.open();
  await ann.home.join(room, 'Ann');
  await ann.call.expectAlone();
  await fox.home.open();
  await fox.home.join(room, 'Firefox');
  await seesTheOther(ann);
  await fox.call.expectSeen();

  await ann.page.locator('#screen-button').click();
  await fox.page.expectMoving('video[data-source="screen"]');
  await fox.page.expectMoving('#remote-video');
  await ann.page.locator('#screen-stop-button').click();
  await fox.page.expectCount('video[data-source="screen"]', 0);

  const files = new FilesPanel(ann);
  await files.open();
  await fox.page.click('#chat-button');
  await files.send(await fileOf('to Firefox.bin', 5 * MB));
  await fox.page.click('.file-accept');
  await fox.page.expectAttribute('.file', 'data-state', 'done');
  await files.expectState('done');

  const name = await fox.page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(3_000_000).map((_, at) => at >> 8)], 'from Firefox.bin'));
    const input = document.querySelector<HTMLInputElement>('#file-input')!;
    input.files = data.files;
    input.dispatchEvent(new Event('change'));
    return data.files[0]!.name;
  });
  await files.expectState('offered');
  await files.cards.last().locator('.file-accept').click();
  await files.expectState('done');
  const sent = Buffer.from(new Uint8Array(3_000_000).map((_, at) => at >> 8));
  expect(await files.save()).toEqual({ name, digest: createHash('sha256').update(sent).digest('hex') });
});
