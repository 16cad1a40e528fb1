import { join } from 'node:path';

import { fileOf, MB, withoutPicker } from '../fixtures/files';
import { framesGrow } from '../fixtures/media';
import { withScreens } from '../fixtures/screens';
import { expect, seesTheOther, test, twoInCall, type Person } from '../fixtures/test';
import { ConnectionPart } from '../pages/connection';
import { FilesPanel } from '../pages/files';
import { holdProgram } from '../pages/home';

// Pictures for people to look at: SCREENSHOTS=folder npx playwright test screenshots
const FOLDER = process.env.SCREENSHOTS ?? '.';

const SIZES = {
  phone: { width: 360, height: 740 },
  sideways: { width: 740, height: 360 },
  tablet: { width: 768, height: 1024 },
  small: { width: 1024, height: 768 },
  wide: { width: 1440, height: 900 },
};

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [language, locale] of [
      ['en', 'en-US'],
      ['ko', 'ko-KR'],
      ['de', 'de-DE'],
      ['ja', 'ja-JP'],
      ['zh', 'zh-CN'],
    ] as const) {
      test.describe(`${size} ${colorScheme} ${language}`, () => {
        test.use({ viewport, colorScheme, locale });

        test('every view', async ({ person, room }) => {
          const shoot = ({ page }: Person, name: string) =>
            page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}-${language}.png`) });

          const ann = await person();
          await ann.home.open();
          await expect(ann.home.preview).toBeVisible();
          await shoot(ann, '1-home');
          await expect(ann.call.mute).toHaveAttribute('aria-checked', 'true');
          await shoot(ann, '1-home-preview');
          await ann.home.connect.click();
          await shoot(ann, '2-empty-room');
          await ann.home.join(room, 'Ann');
          await ann.call.expectAlone();
          await shoot(ann, '3-waiting');
          await ann.page.locator('#qr-button').click();
          await expect(ann.page.getByRole('dialog')).toBeVisible();
          await shoot(ann, '3-waiting-code');
          await ann.page.keyboard.press('Escape');

          const ben = await person({ devices: { camera: 'NotAllowedError', microphone: 'NotAllowedError' } });
          await ben.home.open(ann.page.url());
          await shoot(ben, '2-invited');
          await ben.home.name.fill('Ben');
          await ben.home.connect.click();
          await seesTheOther(ben);
          await shoot(ann, '4-call-without-picture');
          await shoot(ben, '5-call-denied');
          await ben.call.leave.click();
          await ann.call.expectAlone();
          await shoot(ann, '6-left-alone');
          await ben.home.expectShown();
          await shoot(ben, '7-home-after-leaving');

          const cem = await person();
          await cem.home.open(ann.page.url());
          await cem.home.connect.click();
          await seesTheOther(cem);
          await shoot(ann, '8-call');
          await ann.page.keyboard.press('p');
          await expect(ann.page.locator('#people')).toBeVisible();
          await shoot(ann, '8-call-people');
          await ann.page.keyboard.press('c');
          await ann.page.locator('#chat-input').fill('Here it is: https://call.example/a?b=1');
          await ann.page.locator('#chat-input').press('Enter');
          await cem.page.keyboard.press('c');
          await cem.page.locator('#chat-input').fill('Thank you! 😊\nI can see it.');
          await cem.page.locator('#chat-input').press('Enter');
          await expect(ann.page.locator('.chat-message')).toHaveCount(2);
          await shoot(ann, '8-call-chat');
          await ann.page.keyboard.press('Escape');
          await ann.page.locator('#more-button').click();
          await shoot(ann, '8-call-more');
          await ann.page.keyboard.press('Escape');
          await ann.call.mute.click();
          await ann.call.camera.click();
          await expect(ann.call.camera).toHaveAttribute('data-state', 'muted');
          await shoot(ann, '9-call-muted');
          await ben.home.connect.click();
          await expect(ben.home.notice).not.toBeEmpty();
          await shoot(ben, '10-full');
        });

        test('what can be set', async ({ person }) => {
          const ann = await person();
          await ann.home.open();
          await expect(ann.call.mute).toHaveAttribute('aria-checked', 'true');
          await ann.page.locator('#settings-button').click();
          const pages = ann.page.getByRole('tab');
          await expect(pages.first()).toBeVisible();
          for (const [at, tab] of (await pages.all()).entries()) {
            await tab.click();
            await ann.page.screenshot({ path: join(FOLDER, `11-settings-${at + 1}-${size}-${colorScheme}-${language}.png`) });
          }
        });

        test('what is known of the way to the others', async ({ person, room }) => {
          const shoot = ({ page }: Person, name: string) =>
            page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}-${language}.png`) });
          const [ann, ben] = await twoInCall(person, room);
          const label = ({ call }: Person) => call.tiles.first().locator('.trust summary');
          await label(ann).click();
          await expect(ann.call.tiles.first().locator('.trust-pictures')).toBeVisible();
          await shoot(ann, '24-pictures');
          await label(ben).click();
          await ben.call.tiles.first().locator('.trust-differ').click();
          await expect(ann.call.tiles.first()).toHaveAttribute('data-trust', 'stopped');
          await shoot(ann, '25-stopped');
        });

        test('a shared screen', async ({ person, room }) => {
          const shoot = ({ page }: Person, name: string) =>
            page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}-${language}.png`) });
          const [ann, ben] = await twoInCall(person, room, { prepare: withScreens }, {});
          // Where the dock has no room for it, the key is with the others.
          await ann.page.keyboard.press('s');
          await framesGrow(ben.page.locator('video[data-source="screen"]'));
          await shoot(ann, '17-sharing');
          await shoot(ben, '18-screen');
          await ben.page.keyboard.press('c');
          await expect(ben.page.locator('#chat')).toBeVisible();
          await shoot(ben, '19-screen-chat');
          await ann.page.locator('#screen-preview-button').click();
          await shoot(ann, '19-sharing-preview');
        });

        test('notes', async ({ person, room }) => {
          const [ann, ben] = await twoInCall(person, room);
          await ann.page.locator('#more-button').click();
          await ann.page.locator('#notes-button').click();
          await ann.page.locator('#notes-input').fill('Agenda\n1. Holidays\n2. Who brings the cake?');
          await ben.page.locator('#more-button').click();
          await ben.page.screenshot({ path: join(FOLDER, `24-more-notes-${size}-${colorScheme}-${language}.png`) });
          await ben.page.locator('#notes-button').click();
          await expect(ben.page.locator('#notes-input')).toHaveValue(/cake/);
          await ben.page.screenshot({ path: join(FOLDER, `25-notes-${size}-${colorScheme}-${language}.png`) });
        });

        test('files', async ({ person, room }) => {
          const shoot = ({ page }: Person, name: string) =>
            page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}-${language}.png`) });
          const [ann, ben] = (await twoInCall(person, room, { prepare: withoutPicker })).map((one) => new FilesPanel(one)) as [FilesPanel, FilesPanel];
          for (const each of [ann, ben]) {
            await each.one.page.keyboard.press('c');
            await expect(each.input).toBeAttached();
          }
          await ann.send(await fileOf('Holiday pictures.zip', 900 * MB), await fileOf('notes.txt', 1_200));
          await expect(ben.cards).toHaveCount(2);
          await shoot(ben.one, '20-files-offered');
          for (const accept of await ben.cards.locator('.file-accept').all()) await accept.click();
          await expect(ben.cards.and(ben.one.page.locator('[data-state="done"]'))).toHaveCount(1);
          await expect.poll(() => ann.cards.first().locator('progress').evaluate((bar: HTMLProgressElement) => bar.value)).toBeGreaterThan(0);
          await shoot(ann.one, '21-files-sending');
          await shoot(ben.one, '21-files-receiving');
          await ann.cards.first().locator('.file-cancel').click();
          await ann.one.page.keyboard.press('Escape');
          await ann.one.call.leave.click();
          await ben.one.call.expectAlone();
          await shoot(ben.one, '22-files-alone');
          await ben.one.page.keyboard.press('Escape');
          await ben.one.call.leave.click();
          await ben.one.home.expectShown();
          await shoot(ben.one, '23-files-left');
        });

        test('while a call begins', async ({ person, room }) => {
          const { page, home } = await person();
          const shoot = (name: string) => page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}-${language}.png`) });
          const release = await holdProgram(page);
          await page.routeWebSocket(/\/ws\?/, () => {});
          await page.goto(`/room/${room}`, { waitUntil: 'commit' });
          await home.connect.click();
          await expect(page.locator('#early-call')).toBeVisible();
          await shoot('15-connecting-early');
          release();
          await expect(page.locator('main')).toHaveAttribute('data-phase', 'joining');
          await expect(page.locator('#early-call')).toBeHidden();
          await shoot('16-connecting');
        });

        test('what concerns the connection', async ({ person }) => {
          const { page, home } = await person();
          const connection = new ConnectionPart(page);
          const shoot = async (name: string) => {
            await connection.result.scrollIntoViewIfNeeded();
            await page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}-${language}.png`), fullPage: true });
          };
          await home.open();
          await connection.open();
          await shoot('12-connection');
          await connection.test.click();
          await expect(connection.result).toHaveAttribute('data-verdict', /./);
          await shoot('13-connection-tested');
          await connection.offered([]);
          await page.reload();
          await home.ready();
          await connection.open();
          await expect(connection.hide).toBeDisabled();
          await connection.test.click();
          await expect(connection.result).toHaveAttribute('data-verdict', 'nothing-offered');
          await shoot('14-connection-without-relay');
        });
      });
    }
  }
}
