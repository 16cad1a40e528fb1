// Where files end: a place that the person picks, a disk without room, a file that is not what it was.
import { appendFile } from 'node:fs/promises';

import type { BrowserContext, Page } from '@playwright/test';

import { digestOf } from '../fixtures/digest';
import { fileOf, MB, twoWithFiles } from '../fixtures/files';
import { expect, test } from '../fixtures/test';

declare global {
  interface Window {
    /** How the next choice of a place ends, with the name of a DOMException. */
    pickFails?: string;
    /** The names that the page suggested. */
    suggested: string[];
  }
}

/** Every place that a person picks lies in the private file system, where a test can look. */
async function withPicker(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    window.suggested = [];
    const pick = async ({ suggestedName }: { suggestedName: string }) => {
      window.suggested.push(suggestedName);
      if (window.pickFails) throw new DOMException('as the test wants it', window.pickFails);
      return (await navigator.storage.getDirectory()).getFileHandle('picked', { create: true });
    };
    Object.defineProperty(window, 'showSaveFilePicker', { value: pick });
  });
}

/** The SHA-256 of what was saved in the picked place. */
function saved(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const handle = await (await navigator.storage.getDirectory()).getFileHandle('picked');
    const digest = await crypto.subtle.digest('SHA-256', await (await handle.getFile()).arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  });
}

test('a file is saved in the place that the person picks, and stays where none is picked', async ({ person, room }) => {
  const [ann, ben] = await twoWithFiles(person, room, { prepare: withPicker });
  const path = await fileOf('a file.bin', 20 * MB);
  await ann.send(path);
  await ben.cards.locator('.file-accept').click();
  await ben.expectState('done');
  const { page } = ben.one;
  const state = ben.cards.locator('.file-state').first();
  await page.evaluate(() => (window.pickFails = 'AbortError'));
  await ben.cards.locator('.file-save').click();
  await expect.poll(() => page.evaluate(() => window.suggested)).toEqual(['a file.bin']);
  await expect(state).toHaveText('Arrived, not saved yet');
  await page.evaluate(() => (window.pickFails = undefined));
  await ben.cards.locator('.file-save').click();
  await expect(state).toHaveText('Saved');
  expect(await saved(page)).toBe(await digestOf(path));
});

test('a receiver without room says so, and so does the sender', async ({ person, room }) => {
  const [ann, ben] = await twoWithFiles(person, room);
  const { page, context } = ben.one;
  const browser = await context.newCDPSession(page);
  await ann.send(await fileOf('large.bin', 40 * MB));
  await ben.expectState('offered');
  const { origin } = new URL(page.url());
  await browser.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 10 * MB });
  await ben.cards.locator('.file-accept').click();
  for (const each of [ann, ben]) {
    await each.expectState('failed');
    await expect(each.cards).toContainText('There is no room for it on the receiver’s disk.');
  }
  // The same page takes a file again once there is room.
  await browser.send('Storage.overrideQuotaForOrigin', { origin });
  await ann.send(await fileOf('small.bin', 1 * MB));
  await ben.expectState('offered');
  await ben.cards.last().locator('.file-accept').click();
  for (const each of [ann, ben]) await each.expectState('done');
});

test('both are told of a file that is changed while it is read', async ({ person, room }) => {
  const [ann, ben] = await twoWithFiles(person, room);
  const path = await fileOf('grows.bin', 100 * MB);
  await ann.send(path);
  await ben.cards.locator('.file-accept').click();
  await expect.poll(() => ben.share()).toBeGreaterThan(0);
  await appendFile(path, 'more');
  for (const each of [ann, ben]) {
    await each.expectState('failed');
    await expect(each.cards).toContainText('It may have been changed, moved or deleted.');
  }
});
