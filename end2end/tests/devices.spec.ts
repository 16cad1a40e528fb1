import type { BrowserContext } from '@playwright/test';

import { FAKE_DEVICES, INSECURE_HOST } from '../fixtures/chromium';
import { expectDevicesReleased, framesGrow, hears } from '../fixtures/media';
import { expect, test, type Person } from '../fixtures/test';
import { holdProgram } from '../pages/home';

const [FAKE_UI, FAKE_DEVICE] = FAKE_DEVICES as [string, string];

declare global {
  interface Window {
    /** How often the browser has told whether a device may be used. */
    permissionsTold: number;
  }
}

async function countAnswers(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    window.permissionsTold = 0;
    const query = Permissions.prototype.query;
    Permissions.prototype.query = async function (descriptor) {
      const status = await query.call(this, descriptor);
      window.permissionsTold += 1;
      return status;
    };
  });
}

/** Somebody with everything waits in the room. */
async function waiting(person: (options?: object) => Promise<Person>, room: string): Promise<Person> {
  const host = await person();
  await host.home.open();
  await host.home.join(room, 'Host');
  await host.call.expectAlone();
  return host;
}

async function joinsAndReceives(guest: Person, host: Person, room: string): Promise<void> {
  await guest.home.open();
  await guest.home.join(room, 'Guest');
  await receives(guest, host);
}

async function receives(guest: Person, host: Person): Promise<void> {
  await guest.call.expectConnected(1);
  await host.call.expectConnected(1);
  await framesGrow(guest.call.remote);
  await hears(guest.page);
  await expect(host.call.tiles).toContainText('Guest');
}

async function says(guest: Person, text: string | RegExp): Promise<void> {
  await expect(guest.page.getByText(text).filter({ visible: true }).first()).toBeVisible();
}

/** The guest leaves, so that the next one finds the seat. */
async function leaves(guest: Person, host: Person): Promise<void> {
  await guest.call.leave.click();
  await host.call.expectAlone();
}

test('whoever denies a device is told so, and joins with the rest', async ({ person, room, browserWith }) => {
  test.setTimeout(120_000);
  const host = await waiting(person, room);
  const browser = await browserWith(FAKE_DEVICE);
  const allows = (...permissions: string[]) =>
    person({ browser, prepare: (context) => (permissions.length ? context.grantPermissions(permissions) : Promise.resolve()) });

  await test.step('the camera only', async () => {
    const guest = await allows('microphone');
    await joinsAndReceives(guest, host, room);
    await hears(host.page);
    await says(guest, 'Your camera is blocked');
    await expect(guest.call.mute).toHaveAttribute('data-state', 'on');
    await expect(guest.call.camera).toHaveAttribute('data-state', 'missing');
    await leaves(guest, host);
  });
  await test.step('both, and allows them later without joining again', async () => {
    const guest = await allows();
    await joinsAndReceives(guest, host, room);
    await says(guest, 'Your camera and microphone are blocked');
    await says(guest, /camera sign beside the address/);
    await expect(guest.call.mute).toHaveAttribute('data-state', 'missing');
    await expect(guest.call.camera).toHaveAttribute('data-state', 'missing');
    await guest.context.grantPermissions(['camera', 'microphone']);
    await guest.call.camera.click();
    await expect(guest.call.camera).toHaveAttribute('data-state', 'on');
    await expect(guest.call.mute).toHaveAttribute('data-state', 'on');
    await framesGrow(host.call.remote);
    await hears(host.page);
  });
});

test('whoever lacks a device joins with the rest', async ({ person, room, browserWith }) => {
  test.setTimeout(120_000);
  const host = await waiting(person, room);

  await test.step('no camera', async () => {
    const guest = await person({ browser: await browserWith(FAKE_UI, `${FAKE_DEVICE}=device-count=0`) });
    await joinsAndReceives(guest, host, room);
    await hears(host.page);
    await says(guest, 'No camera was found');
    await expect(guest.call.mute).toHaveAttribute('data-state', 'on');
    await leaves(guest, host);
  });
});

test('a page on plain http elsewhere than localhost says what calls need, before its program is there and later', async ({ person, room, server }) => {
  const guest = await person({ baseURL: `http://${INSECURE_HOST}:${new URL(server.url).port}` });
  const release = await holdProgram(guest.page);
  await guest.page.goto(`/room/${room}`, { waitUntil: 'commit' });
  await guest.home.connect.click();
  release();
  await expect(guest.home.notice).toContainText('Calls are possible at an https:// address only.');
  await guest.home.expectShown();
  await guest.home.notice.getByRole('button').last().click();
  await expect(guest.home.notice).toBeHidden();
  await guest.home.connect.click();
  await expect(guest.home.notice).toContainText('https://');
});

test('what is wrong with the devices is said as well to whoever connects before the program has loaded', async ({
  person,
  room,
  browserWith,
}) => {
  const guests = {
    'Your camera and microphone are blocked': await person({ browser: await browserWith(FAKE_DEVICE) }),
    'Your camera is in use elsewhere': await person({ devices: { camera: 'NotReadableError' } }),
  };
  for (const [at, [words, guest]] of Object.entries(guests).entries()) {
    const release = await holdProgram(guest.page);
    await guest.page.goto(`/room/${room}${at}`, { waitUntil: 'commit' });
    await guest.home.connect.click();
    // Asked by the click: where it is not allowed already, the page asks for nothing by itself.
    if (words.includes('blocked')) await expect.poll(() => guest.page.evaluate(() => window.watch.asked.length)).toBe(1);
    release();
    await guest.call.expectAlone();
    await says(guest, new RegExp(words));
  }
});

test('the size of the picture is a wish and no condition, before the program has loaded and later', async ({ person, room }) => {
  const { page, home, call } = await person();
  const asked = () => page.evaluate(() => window.watch.asked);
  const wish = { audio: true, video: { width: { ideal: 1280 }, height: { ideal: 720 } } };
  const release = await holdProgram(page);
  await page.goto(`/room/${room}`, { waitUntil: 'commit' });
  await home.connect.click();
  await expect.poll(asked).toEqual([wish]);
  release();
  await framesGrow(call.local);
  expect(await asked(), 'the program takes over what was asked for').toEqual([wish]);
  await call.leave.click();
  await home.expectShown();
  await home.connect.click();
  await framesGrow(call.local);
  expect(await asked()).toEqual([wish, wish]);
});

const TOO_OLD = {
  'without RTCPeerConnection': () => void Reflect.deleteProperty(window, 'RTCPeerConnection'),
  'without WebAssembly': () => void Reflect.deleteProperty(window, 'WebAssembly'),
  'whose WebAssembly is too old': () => {
    const refusal = () => new WebAssembly.CompileError('as the test wants it');
    const refuse = () => Promise.reject(refusal());
    Object.assign(WebAssembly, {
      validate: () => false,
      Module: function () { throw refusal(); },
      compile: refuse,
      compileStreaming: refuse,
      instantiate: refuse,
      instantiateStreaming: refuse,
    });
  },
};

/** To such a browser the page's policy allows no WebAssembly. */
const knowsNoWasmUnsafeEval = (context: BrowserContext) =>
  context.route(({ pathname }) => pathname === '/', async (route) => {
    const response = await route.fetch();
    const policy = response.headers()['content-security-policy']!;
    expect(policy).toContain("'wasm-unsafe-eval'");
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy.replace(" 'wasm-unsafe-eval'", '') } });
  });

for (const which of [...Object.keys(TOO_OLD), 'that knows no wasm-unsafe-eval'] as const) {
  test(`a browser ${which} is told that it cannot make calls, in every language`, async ({ person }) => {
    const make = TOO_OLD[which as keyof typeof TOO_OLD];
    const fails = /wasm/i.test(which);
    const { page } = await person({
      prepare: (context) => (make ? context.addInitScript(make) : knowsNoWasmUnsafeEval(context)),
      ...(fails && { provokes: /WebAssembly|as the test wants it/ }),
    });
    // Without connections the program runs and says the same; it is held back, so that these words are the page's own.
    if (!fails) await holdProgram(page);
    const failed = fails && page.waitForEvent('console', (message) => message.type() === 'error');
    await page.goto('/', { waitUntil: 'commit' });
    await failed;
    const words = page.getByRole('alert').filter({ visible: true });
    await expect(words).toContainText('This browser cannot make video calls');
    await expect(words).toBeFocused();
    await page.getByRole('link', { name: '한국어' }).click({ noWaitAfter: true });
    await expect(words).toContainText('이 브라우저에서는 영상 통화를 할 수 없어요');
  });
}

test('the browser does not ask for devices before somebody presses a button', async ({ person, browserWith }) => {
  const guest = await person({ browser: await browserWith(FAKE_DEVICE), prepare: countAnswers });
  await guest.home.open();
  // The first script and the program each look whether both may be used, and would ask for them then.
  await expect.poll(() => guest.page.evaluate(() => window.permissionsTold)).toBeGreaterThanOrEqual(4);
  await guest.page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
  expect(await guest.page.evaluate(() => window.watch.asked)).toEqual([]);
  expect(await guest.page.evaluate(() => navigator.permissions.query({ name: 'camera' as PermissionName }).then((s) => s.state))).toBe(
    'prompt',
  );
  await expect(guest.page.getByRole('button', { name: 'Turn on camera' })).toBeVisible();
});

test('devices show oneself before a call, and are off after it', async ({ person, room }) => {
  const host = await waiting(person, room);
  const guest = await person();
  await guest.home.open();
  await framesGrow(guest.home.preview);
  await host.call.expectAlone();
  expect(await host.page.evaluate(() => window.watch.connections.length)).toBe(0);
  await guest.home.join(room, 'Guest');
  await receives(guest, host);
  await guest.call.leave.click();
  await guest.home.expectShown();
  await expectDevicesReleased(guest.page);
  // The one who stays keeps sending nobody's sound.
  await host.call.expectAlone();
  await host.call.leave.click();
  await expectDevicesReleased(host.page);
});

test('a camera that was granted too late, after leaving, is switched off again', async ({ person, room }) => {
  const guest = await person({ devices: { promptWaits: true } });
  await guest.home.open();
  await guest.home.join(room);
  await guest.call.expectAlone();
  await guest.call.leave.click();
  await guest.home.expectShown();
  await guest.page.evaluate(() => window.watch.answerPrompt?.());
  await expect.poll(() => guest.page.evaluate(() => window.watch.streams.length)).toBeGreaterThan(0);
  await expectDevicesReleased(guest.page);
});

test('a device that is pulled out is missed, and back when plugged in', async ({ person, room }) => {
  const host = await waiting(person, room);
  const guest = await person({ devices: {} });
  await joinsAndReceives(guest, host, room);
  for (const { kind, device, button, other, arrives, stays } of [
    {
      kind: 'video',
      device: 'camera',
      button: guest.call.camera,
      other: guest.call.mute,
      arrives: () => framesGrow(host.call.remote),
      stays: () => hears(host.page),
    },
    {
      kind: 'audio',
      device: 'microphone',
      button: guest.call.mute,
      other: guest.call.camera,
      arrives: () => hears(host.page),
      stays: () => framesGrow(host.call.remote),
    },
  ] as const) {
    await arrives();
    await guest.page.evaluate((kind) => window.watch.unplug?.(kind), kind);
    await says(guest, `No ${device} was found`);
    await says(guest, 'Plug in what is missing');
    await expect(button).toHaveAttribute('data-state', 'missing');
    await expect(other, 'the other device stays').toHaveAttribute('data-state', 'on');
    await guest.call.expectConnected(1);
    await framesGrow(guest.call.remote);
    await hears(guest.page);
    await stays();

    await guest.page.evaluate((kind) => window.watch.plugIn?.(kind), kind);
    await expect(button).toHaveAttribute('data-state', 'on');
    await expect(guest.page.getByText(`No ${device} was found`)).toBeHidden();
    await arrives();
  }
  for (const { page } of [host, guest]) {
    expect(await page.evaluate(() => window.watch.connections.length), 'the same connection lives on').toBe(1);
  }
});

test('a sound that the browser holds back is had by a press of the button that says so', async ({ person, room }) => {
  const host = await waiting(person, room);
  const guest = await person({ devices: { holdsSound: true } });
  await guest.home.open();
  await guest.home.join(room, 'Guest');
  await guest.call.expectConnected(1);
  await says(guest, 'Your browser waits for a tap');
  const hear = guest.page.getByRole('button', { name: 'Hear them' });
  await expect(hear).toBeVisible();
  await expect(guest.call.remote).toHaveJSProperty('paused', true);

  await hear.click();
  await expect(hear).toBeHidden();
  await expect(guest.call.remote).toHaveJSProperty('paused', false);
  await expect(guest.call.remote).toHaveJSProperty('muted', false);
  await framesGrow(guest.call.remote);
  await hears(guest.page);
  await host.call.expectConnected(1);
});
