// What brings others in, and what tells that somebody has come.
import { expect, test } from '../fixtures/test';

const SECRET = 'AAECAwQFBgcICQoLDA0ODw';

test('the link is shared and drawn with what stands behind #', async ({ person, room }) => {
  const ann = await person({
    prepare: (context) =>
      context.addInitScript(() => {
        const shared: unknown[] = [];
        Object.assign(window, { shared });
        Object.defineProperty(navigator, 'share', { value: async (what: unknown) => void shared.push(what) });
      }),
  });
  await ann.home.open(`/room/${room}#${SECRET}`);
  await ann.home.connect.click();
  await ann.call.expectAlone();
  const link = `${new URL(ann.page.url()).origin}/room/${room}#${SECRET}`;
  expect(ann.page.url()).toBe(link);
  await ann.page.locator('#share-link-button').click();
  expect(await ann.page.evaluate('window.shared')).toEqual([{ url: link }]);

  const button = ann.page.locator('#qr-button');
  await button.click();
  const dialog = ann.page.getByRole('dialog', { name: 'QR code' });
  await expect(dialog.getByText(link)).toBeVisible();
  await expect(dialog.getByRole('img')).toBeVisible();
  await ann.page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(button).toBeFocused();

  await button.click();
  await expect(dialog).toBeVisible();
  const ben = await person();
  await ben.home.open(`/room/${room}#${SECRET}`);
  await ben.home.connect.click();
  await ann.call.expectConnected(1);
  await expect(dialog, 'it would cover who has come').toHaveCount(0);
});

test('who waits sees for how long, and hears and reads when somebody comes', async ({ person, room }) => {
  const ann = await person({
    prepare: async (context) => {
      await context.grantPermissions(['notifications', 'camera', 'microphone']);
      await context.addInitScript(() => {
        const told: string[] = [];
        Object.assign(window, { told });
        const tone = AudioContext.prototype.createOscillator;
        AudioContext.prototype.createOscillator = function () {
          told.push('sound');
          return tone.call(this);
        };
        const Silent = function (said: string) {
          told.push(said);
        };
        Object.assign(Silent, { permission: 'granted', requestPermission: async () => 'granted' });
        Object.assign(window, { Notification: Silent });
      });
    },
  });
  const { page } = ann;
  await page.clock.install();
  await ann.home.open(`/room/${room}`);
  await ann.home.connect.click();
  await ann.call.expectAlone();
  const waited = page.locator('#waited');
  await expect(waited).toBeHidden();
  await page.clock.runFor(121_000);
  await expect(waited).toHaveText('Waiting for 2 minutes');

  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
  });
  const ben = await person();
  await ben.home.open(`/room/${room}`);
  await ben.home.name.fill('Ben');
  await ben.home.connect.click();
  await expect(page).toHaveTitle(/Ben.* has come in\..*Parlor/);
  const told = () => page.evaluate<string[]>('window.told');
  await expect.poll(told).toContainEqual(expect.stringContaining('Ben'));
  await expect.poll(async () => (await told()).filter((what) => what === 'sound'), 'two tones').toHaveLength(2);
  await page.evaluate(() => {
    Reflect.deleteProperty(document, 'visibilityState');
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(page).toHaveTitle(/^Parlor/);
  expect(await ben.page.evaluate(() => document.title)).toMatch(/^Parlor/);
});

test('the switch of notifications is on if the browser allows them, too', async ({ person }) => {
  const { page, home } = await person({
    prepare: (context) =>
      context.addInitScript(() => {
        const answers = ['granted', 'denied'];
        const Silent = Object.assign(function () {}, {
          permission: 'default',
          requestPermission: async () => (Silent.permission = answers.shift()!),
        });
        Object.assign(window, { Notification: Silent });
      }),
  });
  await home.open();
  const settings = page.locator('#settings-button');
  const notifies = page.locator('#notifications-switch');
  await settings.click();
  await expect(notifies, 'nobody was asked').not.toBeChecked();
  await notifies.click();
  await expect(notifies).toBeChecked();
  await page.keyboard.press('Escape');
  // As if the person had taken it back in the browser.
  await page.evaluate("Notification.permission = 'default'");
  await settings.click();
  await expect(notifies).not.toBeChecked();
  await notifies.click();
  await expect(notifies).toHaveAccessibleDescription(/does not allow notifications/);
  await expect(notifies).not.toBeChecked();
});
