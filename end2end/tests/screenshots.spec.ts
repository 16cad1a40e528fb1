import { join } from 'node:path';

import { expect, seesTheOther, test, type Person } from '../fixtures/test';
import { ConnectionPart } from '../pages/connection';
import { holdProgram } from '../pages/home';

// Pictures for people to look at: SCREENSHOTS=folder npx playwright test screenshots
const FOLDER = process.env.SCREENSHOTS ?? '.';

const SIZES = { narrow: { width: 360, height: 740 }, wide: { width: 1440, height: 900 } };

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
          await ann.home.connect.click();
          await shoot(ann, '2-empty-room');
          await ann.home.join(room, 'Ann');
          await ann.call.expectAlone();
          await shoot(ann, '3-waiting');

          const ben = await person({ devices: { camera: 'NotAllowedError', microphone: 'NotAllowedError' } });
          await ben.home.open(`/room/${room}`);
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
          await cem.home.open(`/room/${room}`);
          await cem.home.connect.click();
          await seesTheOther(cem);
          await shoot(ann, '8-call');
          const { pathWord, hideButton } = new ConnectionPart(ann.page);
          await pathWord.click();
          await shoot(ann, '8-call-path');
          await pathWord.click();
          await ann.call.mute.click();
          await ann.call.camera.click();
          await expect(ann.call.camera).toHaveAttribute('data-state', 'muted');
          await shoot(ann, '9-call-muted');
          await ben.home.connect.click();
          await expect(ben.home.notice).not.toBeEmpty();
          await shoot(ben, '10-full');
          await hideButton.click();
          await expect(hideButton).toHaveAttribute('aria-pressed', 'true');
          await shoot(ann, '11-call-hidden');
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
