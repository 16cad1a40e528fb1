import { readFileSync } from 'node:fs';

import type { Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';
import { ConnectionPart } from '../pages/connection';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong, as "rule: element". */
async function flaws(page: Page): Promise<string[]> {
  // By the debugger, not as a script of the page: its content security policy holds for tests too.
  const results = await page.evaluate<AxeResults>(`${AXE}; axe.run(document, { resultTypes: ['violations'] })`);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} (${failureSummary})`),
  );
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('axe finds nothing wrong with the start page', async ({ person, room }) => {
      const { page, home } = await person();
      await home.open(`/room/${room}`);
      expect(await flaws(page)).toEqual([]);
      await home.join('');
      await expect(page.getByText('Please type a room ID').filter({ visible: true })).toBeVisible();
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

    test('axe finds nothing wrong with a call', async ({ person, room }) => {
      const [ann, ben] = await twoInCall(person, room);
      await new ConnectionPart(ann.page).pathWord.click();
      expect(await flaws(ann.page)).toEqual([]);
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
