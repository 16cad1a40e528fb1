// Keys of a call, and the ways out of it.
import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';

test('keys alone switch the devices in a call, and none while one types', async ({ person, room }) => {
  const ann = await person();
  await ann.home.open();
  await ann.home.name.fill('m');
  await ann.page.keyboard.press('v');
  await expect(ann.home.name).toHaveValue('mv');
  await ann.home.join(room);
  await ann.call.expectAlone();

  const { keyboard } = ann.page;
  await expect(ann.call.mute).toHaveAttribute('data-state', 'on');
  await keyboard.press('m');
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  // Each is followed by a key that does something: what is pressed is taken in order.
  const { camera } = ann.call;
  await expect(camera).toHaveAttribute('data-state', 'on');
  await keyboard.press('Control+m');
  await keyboard.press('v');
  await expect(camera).toHaveAttribute('data-state', 'muted');
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await keyboard.press('Shift+M');
  await keyboard.press('v');
  await expect(camera).toHaveAttribute('data-state', 'on');
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  // A Korean keyboard writes another letter with the same key.
  await ann.page.evaluate(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ㅡ', code: 'KeyM', bubbles: true })));
  await expect(ann.call.mute).toHaveAttribute('data-state', 'on');

  await keyboard.press('?');
  await expect(ann.page.locator('#keys')).toBeVisible();
  await keyboard.press('m');
  await keyboard.press('Escape');
  await expect(ann.page.locator('#keys')).toBeHidden();
  await keyboard.press('v');
  await expect(camera).toHaveAttribute('data-state', 'muted');
  await expect(ann.call.mute, 'what is behind a dialog is not pressed').toHaveAttribute('data-state', 'on');
});

test('the sheet of keys changes them for later calls, too', async ({ person, room }) => {
  const ann = await person();
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectAlone();
  const { page } = ann;
  await ann.call.mute.focus();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toBeVisible();
  await page.locator('#key-microphone').click();
  await page.keyboard.press('x');
  await expect(page.locator('#key-microphone kbd')).toHaveText('X');
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(ann.call.mute).toBeFocused();
  await page.keyboard.press('m');
  await page.keyboard.press('v');
  await expect(ann.call.camera).toHaveAttribute('data-state', 'muted');
  await expect(ann.call.mute, 'M is no key any more').toHaveAttribute('data-state', 'on');
  await page.keyboard.press('v');
  await expect(ann.call.camera).toHaveAttribute('data-state', 'on');
  await page.keyboard.press('x');
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');

  await page.reload();
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await ann.call.expectAlone();
  await page.keyboard.press('x');
  await expect(ann.call.mute).toHaveAttribute('data-state', 'on');
  await page.keyboard.press('?');
  await page.locator('#keys-switch').click();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await page.keyboard.press('x');
  await ann.call.camera.click();
  await expect(ann.call.camera).toHaveAttribute('data-state', 'muted');
  await expect(ann.call.mute, 'keys are off').toHaveAttribute('data-state', 'on');
  await page.keyboard.press('v');
  await ann.call.mute.click();
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await expect(ann.call.camera, 'keys are off').toHaveAttribute('data-state', 'muted');
});

test('there is a way back into a call that was left a moment ago', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room, { prepare: (context) => context.clock.install() }, {});
  await ann.call.mute.click();
  await ann.call.leave.click();
  await ann.page.locator('#go-back-button').click();
  await Promise.all([ann, ben].map(seesTheOther));
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await ann.call.leave.click();
  const back = ann.page.locator('#go-back-button');
  await back.hover();
  await ann.page.clock.runFor(15_000);
  await expect(back, 'it stays under the pointer').toBeVisible();
  await ann.page.mouse.move(5, 5);
  await ann.page.clock.runFor(11_000);
  await expect(back).toBeHidden();
  await expect(ann.home.notice).toContainText('You left');
});

test('Back and closing the tab ask first, while somebody else is in the call', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const asks = () => ann.page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  expect(await asks()).toBe(true);
  await ann.page.goBack();
  await expect(ann.call.notice).toContainText('Leave the call?');
  await seesTheOther(ann);
  await ann.page.keyboard.press('p');
  await expect(ann.page.locator('#people')).toBeFocused();
  await ann.page.keyboard.press('Escape');
  await expect(ann.page.locator('#people')).toHaveCount(0);
  await expect(ann.call.notice, 'Escape closes one thing').toContainText('Leave the call?');
  await ann.page.keyboard.press('Escape');
  await expect(ann.call.notice).not.toContainText('Leave the call?');
  await ann.page.goBack();
  await ann.page.locator('#leave-anyway-button').click();
  await ann.home.expectShown();
  await ben.call.expectAlone();
  expect(await asks()).toBe(false);
});

test('closing the tab in a call asks, and then ends it for the other side', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const question = ann.page.waitForEvent('dialog');
  await ann.page.close({ runBeforeUnload: true });
  expect((await question).type()).toBe('beforeunload');
  await ben.call.expectAlone();
});

test('Back does what it says after a call that outlived a reload', { tag: '@full' }, async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const state = () => ann.page.evaluate<unknown>(() => history.state);
  expect(await state()).toBe('call');
  await ben.call.leave.click();
  await ann.call.expectAlone();
  await ann.page.reload();
  await ann.call.expectAlone();
  await ann.call.leave.click();
  await ann.home.expectShown();
  await expect.poll(state, 'the entry that held Back up is gone').not.toBe('call');
});

test('a screen that a hidden page could not keep on stays on once it is seen', async ({ person, room }) => {
  const ann = await person({
    prepare: (context) =>
      context.addInitScript(() => {
        const seen = { asked: 0, refuse: () => {} };
        Object.assign(window, { seen });
        const request = () => {
          seen.asked += 1;
          if (seen.asked === 2) return Promise.resolve({ released: false, release: async () => {} });
          return new Promise((_, reject) => (seen.refuse = () => reject(new DOMException('', 'NotAllowedError'))));
        };
        Object.defineProperty(navigator, 'wakeLock', { value: { request } });
      }),
  });
  const { page } = ann;
  const asked = () => page.evaluate<number>('window.seen.asked');
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectAlone();
  await expect.poll(asked).toBe(1);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
    (window as unknown as { seen: { refuse: () => void } }).seen.refuse();
  });
  await page.evaluate(() => {
    Reflect.deleteProperty(document, 'visibilityState');
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect.poll(asked, 'asked again').toBe(2);

  // A refusal in sight stands for the call, and no longer.
  await ann.call.leave.click();
  await ann.home.expectShown();
  await ann.home.join(room);
  await ann.call.expectAlone();
  await expect.poll(asked).toBe(3);
  await page.evaluate('window.seen.refuse()');
  await ann.call.mute.click();
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  expect(await asked()).toBe(3);
});

test('the keys of the system follow the call', async ({ person, room }) => {
  const ann = await person({
    prepare: (context) =>
      context.addInitScript(() => {
        const seen = { handlers: {} as Record<string, (() => void) | null>, active: [] as unknown[], awake: 0 };
        Object.assign(window, { seen });
        const session = navigator.mediaSession as unknown as Record<string, unknown>;
        session.setActionHandler = (name: string, run: (() => void) | null) => (seen.handlers[name] = run);
        session.setMicrophoneActive = (on: boolean) => seen.active.push(['microphone', on]);
        session.setCameraActive = (on: boolean) => seen.active.push(['camera', on]);
        const lock = { request: async () => ({ released: false, release: async () => void (seen.awake -= 1), ...{ n: (seen.awake += 1) } }) };
        Object.defineProperty(navigator, 'wakeLock', { value: lock });
      }),
  });
  const seen = <T>(read: string) => ann.page.evaluate<T>(`window.seen.${read}`);
  await ann.home.open();
  await ann.home.join(room);
  await ann.call.expectAlone();
  await expect(ann.call.mute).toHaveAttribute('data-state', 'on');
  await expect.poll(() => seen('awake')).toBe(1);
  await seen('handlers.togglemicrophone()');
  await expect(ann.call.mute).toHaveAttribute('data-state', 'muted');
  await expect.poll(() => seen('active')).toContainEqual(['microphone', false]);
  await seen('handlers.hangup()');
  await ann.home.expectShown();
  await expect.poll(() => seen('handlers.hangup ?? null')).toBe(null);
  await expect.poll(() => seen('awake')).toBe(0);
});
