import { readFileSync } from 'node:fs';

import type { Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';
import { ConnectionPart } from '../pages/connection';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong, as "rule: element". */
async function flaws(page: Page): Promise<string[]> {
  // What is still fading in has colours of a moment only.
  await page.evaluate(async () => {
    const ends = ({ effect, playState }: Animation) =>
      playState === 'running' && Number.isFinite(Number(effect?.getComputedTiming().endTime));
    await Promise.allSettled(document.getAnimations().filter(ends).map(({ finished }) => finished));
  });
  // By the debugger, not as a script of the page: its content security policy holds for tests too.
  const results = await page.evaluate<AxeResults>(`${AXE}; axe.run(document, { resultTypes: ['violations'] })`);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} (${failureSummary})`),
  );
}

for (const colorScheme of ['light', 'dark'] as const) {
  // By night only the colours are others, and contrast.spec.ts holds those to account.
  test.describe(`in ${colorScheme} colours`, { tag: colorScheme === 'dark' ? ['@full'] : [] }, () => {
    test.use({ colorScheme });

    test('axe finds nothing wrong with the start page', async ({ person, room }) => {
      const { page, home } = await person();
      await home.open(`/room/${room}`);
      expect(await flaws(page)).toEqual([]);
      await home.open();
      await home.join('');
      await expect(page.getByText('Type the number you were given').filter({ visible: true })).toBeVisible();
      expect(await flaws(page)).toEqual([]);
    });

    test('axe finds nothing wrong with what concerns the connection', async ({ person }) => {
      const { page, home } = await person();
      const connection = new ConnectionPart(page);
      await home.open();
      await connection.open();
      await connection.hide.check();
      expect(await flaws(page)).toEqual([]);
      await connection.hide.uncheck();
      await connection.offered([]);
      await connection.test.click();
      await connection.expectFindings('not-offered', 'not-offered', 'not-offered', 'not-offered', 'not-offered');
      await expect(connection.hide).toBeDisabled();
      expect(await flaws(page)).toEqual([]);
    });

    test('axe finds nothing wrong with the settings, page by page', async ({ person }) => {
      const { page, home } = await person();
      await home.open();
      await page.locator('#settings-button').click();
      const pages = page.locator('#settings [role="tab"]');
      await expect(pages.first()).toBeVisible();
      for (const one of await pages.all()) {
        await one.click();
        expect(await flaws(page)).toEqual([]);
      }
    });

    test('axe finds nothing wrong with a call', async ({ person, room }) => {
      const [ann, ben] = await twoInCall(person, room);
      expect(await flaws(ann.page)).toEqual([]);
      await ann.page.locator('.trust summary').click();
      await expect(ann.page.locator('.trust-picture')).toHaveText(Array<RegExp>(6).fill(/\S/));
      expect(await flaws(ann.page)).toEqual([]);
      await ann.page.locator('.trust summary').click();
      await ann.page.locator('#people-button').click();
      await ann.page.locator('#people summary').click();
      expect(await flaws(ann.page)).toEqual([]);
      await ann.page.keyboard.press('Escape');
      await ann.page.locator('#more-button').click();
      await expect(ann.page.locator('#more')).toBeVisible();
      expect(await flaws(ann.page)).toEqual([]);
      await ann.page.keyboard.press('Escape');
      await ann.page.keyboard.press('?');
      await expect(ann.page.locator('#keys')).toBeVisible();
      expect(await flaws(ann.page)).toEqual([]);
      await ann.page.keyboard.press('Escape');
      await ann.page.locator('#more-button').click();
      await ann.page.locator('#notes-button').click();
      await expect(ann.page.locator('#notes-input')).toBeFocused();
      expect(await flaws(ann.page)).toEqual([]);
      await ann.page.keyboard.press('Escape');
      await ben.call.camera.click();
      await ben.call.mute.click();
      await expect(ben.call.camera).toHaveAttribute('data-state', 'muted');
      await expect(ben.call.mute).toHaveAttribute('data-state', 'muted');
      await ann.call.expectOff(['Muted', 'Camera off']);
      for (const { page } of [ann, ben]) expect(await flaws(page)).toEqual([]);
      await ben.call.leave.click();
      await ann.call.expectAlone();
      expect(await flaws(ann.page)).toEqual([]);
    });

    test('axe finds nothing wrong when devices are missing', async ({ person, room }) => {
      const [ann, ben] = [await person(), await person({ devices: { camera: 'NotFoundError', microphone: 'NotAllowedError' } })];
      for (const { home } of [ann, ben]) {
        await home.open();
        await home.join(room);
      }
      await seesTheOther(ben);
      expect(await flaws(ann.page)).toEqual([]);
      expect(await flaws(ben.page)).toEqual([]);
    });
  });
}
