import type { BrowserContext } from '@playwright/test';

import { digestOf } from '../fixtures/digest';
import { fileOf, MB, twoWithFiles, withoutPicker } from '../fixtures/files';
import { joins } from '../fixtures/mesh';
import { expect, test, twoInCall, type Person } from '../fixtures/test';
import { FilesPanel } from '../pages/files';
import { holdProgram } from '../pages/home';

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3', PARLOR_ROOMS_UNLOAD_GRACE: '30' } });

for (const [what, size] of [['no bytes', 0], ['one byte', 1], ['5 MB', 5 * MB]] as const) {
  test(`a file of ${what} arrives as it was sent`, async ({ person, room }) => {
    const [ann, ben] = await twoWithFiles(person, room);
    const path = await fileOf('a file.bin', size);
    await ann.send(path);
    await ben.expectState('offered');
    await ann.expectState('offered');
    await ben.cards.locator('.file-accept').click();
    await ann.expectState('done');
    await ben.expectState('done');
    expect(await ben.save()).toEqual({ name: 'a file.bin', digest: await digestOf(path) });
    await expect(ben.cards.locator('.file-state').first()).toHaveText('Saved');
    await ben.cards.locator('.file-dismiss').click();
    await expect(ben.cards).toHaveCount(0);
  });
}

test('an offer that comes while the panel is closed is counted, told, and can be declined', async ({ person, room }) => {
  const [ann, ben] = (await twoInCall(person, room, { prepare: withoutPicker })).map((one) => new FilesPanel(one)) as [FilesPanel, FilesPanel];
  await ann.open();
  await ann.send(await fileOf('a.bin', 10));
  await expect(ben.button.locator('.count')).toHaveText('1');
  await expect(ben.one.page.locator('#file-told')).toContainText('a.bin');
  await ben.open();
  await expect(ben.button.locator('.count')).toBeHidden();
  await ben.cards.locator('.file-decline').click();
  await ben.expectState('failed');
  await ann.expectState('failed');
  await expect(ann.cards).toContainText('Declined or cancelled by the other side');
});

/** A page as of a release before pointers and files: it does not tell the rule for pointers. */
const withoutFiles = (context: BrowserContext) =>
  context.addInitScript(() => {
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (data: unknown) {
      const isRule = ArrayBuffer.isView(data) && new TextDecoder().decode(data).includes('"pointer_rule"');
      if (!isRule) Reflect.apply(send, this, [data]);
    };
  });

test('who sends is told whose page is too old for files', async ({ person, room }) => {
  const [ann] = (await twoInCall(person, room, {}, { prepare: withoutFiles })).map((one) => new FilesPanel(one));
  await ann!.open();
  await ann!.send(await fileOf('a.bin', 10));
  await expect(ann!.cards.locator('.file-state').first()).toHaveText(/cannot receive it: their page is older/);
  await ann!.expectState('offered');
});

test('either side cancels what goes over', async ({ person, room }) => {
  const [ann, ben] = await twoWithFiles(person, room);
  const path = await fileOf('large.bin', 60 * MB);
  for (const [who, other] of [[ann, ben], [ben, ann]] as const) {
    await ann.send(path);
    await ben.expectState('offered');
    await ben.cards.last().locator('.file-accept').click();
    await expect.poll(() => ben.share()).toBeGreaterThan(0);
    await who.cards.last().locator('.file-cancel').click();
    await who.expectState('failed');
    await other.expectState('failed');
  }
  // The key that had the focus is gone.
  await ben.one.page.keyboard.press('Escape');
  await expect(ben.input).toHaveCount(0);
});

test('a file goes on after the receiver has reloaded', async ({ person, room }) => {
  test.slow();
  const [ann, ben] = await twoWithFiles(person, room);
  const path = await fileOf('large.bin', 40 * MB);
  await ann.send(path);
  await ben.cards.locator('.file-accept').click();
  await expect.poll(() => ben.share()).toBeGreaterThan(0.4);
  await ben.one.page.reload();
  await ben.one.call.expectConnected();
  await ben.open();
  await expect.poll(() => ben.share(), 'at least one segment is still there').toBeGreaterThan(0.2);
  await ben.expectState('done', 60_000);
  await ann.expectState('done');
  expect((await ben.save()).digest).toBe(await digestOf(path));
});

test('a file goes on after the sender has reloaded and chosen it again', async ({ person, room }) => {
  test.slow();
  const [ann, ben] = await twoWithFiles(person, room);
  const path = await fileOf('large.bin', 40 * MB);
  const other = await fileOf('other.bin', 10);
  await ann.send(path);
  await ben.cards.locator('.file-accept').click();
  await expect.poll(() => ben.share()).toBeGreaterThan(0.4);
  await ann.one.page.reload();
  await ann.one.call.expectConnected();
  await ann.open();
  await ann.expectState('needs-file');
  const again = ann.cards.locator('.file-again input');
  await again.setInputFiles(other);
  await expect(ann.cards).toContainText('That is another file');
  await again.setInputFiles(path);
  await expect.poll(() => ann.share(), 'not from the beginning').toBeGreaterThan(0.3);
  await ben.expectState('done', 60_000);
  await ann.expectState('done');
  expect((await ben.save()).digest).toBe(await digestOf(path));
});

test('files that came and are not saved outlive the call, until they are, or another begins', async ({ person, room }) => {
  const [ann, ben] = await twoWithFiles(person, room);
  const { page } = ben.one;
  const left = page.locator('.files-left');
  const asks = () => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  const paths = [await fileOf('one.bin', MB), await fileOf('two.bin', MB)];
  await ann.send(...paths);
  await expect(ben.cards).toHaveCount(2);
  for (const accept of await ben.cards.locator('.file-accept').all()) await accept.click();
  await expect(ben.cards.and(page.locator('[data-state="done"]'))).toHaveCount(2);
  await ann.one.call.leave.click();
  await ben.one.call.expectAlone();
  expect(await asks(), 'nobody is there, but files are').toBe(true);

  await ben.one.call.leave.click();
  await ben.one.home.expectShown();
  await expect(left).toContainText('not saved');
  await expect(ben.cards).toHaveCount(2);
  expect((await ben.save()).digest).toBe(await digestOf(paths[1]!));
  await expect(ben.cards.last()).toContainText('Saved');
  expect(await asks(), 'one is still to be saved').toBe(true);
  await ben.cards.last().locator('.file-dismiss').click();
  await expect(ben.cards).toHaveCount(1);

  await ben.one.home.join(room);
  await ben.one.call.expectAlone();
  await expect(left).toBeHidden();
  await ben.open();
  await expect(ben.cards, 'it is the same room').toHaveCount(1);
  await ben.one.call.leave.click();
  await ben.one.home.expectShown();
  await expect(left.locator('.file')).toHaveCount(1);
  await ben.one.home.join(`${room}7`);
  await ben.one.call.expectAlone();
  await expect.poll(asks).toBe(false);
  await expect(ben.button, 'nothing is there to be read').toBeHidden();
  await page.keyboard.press('c');
  await expect(ben.input).toBeAttached();
  await expect(ben.cards).toHaveCount(0);
});

test('who has saved all leaves without a word', async ({ person, room }) => {
  const [ann, ben] = await twoWithFiles(person, room);
  await ann.send(await fileOf('one.bin', 10));
  await ben.cards.locator('.file-accept').click();
  await ben.expectState('done');
  await ben.save();
  await ben.one.call.leave.click();
  await ben.one.home.expectShown();
  await expect(ben.cards).toHaveCount(0);
  expect(await ben.one.page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })))).toBe(false);
});

test('files that are dropped before their part of the program is there are offered once it is', async ({ person, room }) => {
  const [ann, ben] = (await twoInCall(person, room, { prepare: withoutPicker })).map((one) => new FilesPanel(one)) as [FilesPanel, FilesPanel];
  const { page } = ann.one;
  const arrives = await holdProgram(page);
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(['early'], 'early.txt'));
    for (const name of ['dragenter', 'drop']) {
      document.body.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  });
  await expect(ann.input).toHaveCount(0);
  arrives();
  await ben.open();
  await ben.expectState('offered');
  await expect(ben.cards.locator('.file-name')).toHaveText('early.txt');
  await ann.expectState('offered');
  await expect(ann.cards).toHaveCount(1);
});

test('a name is cleaned of paths and of what turns it', async ({ person, room }) => {
  const [ann, ben] = await twoWithFiles(person, room);
  await ann.input.evaluate((input: HTMLInputElement) => {
    const data = new DataTransfer();
    data.items.add(new File(['x'], '../..\\etc/photo\u202egnp.exe'));
    input.files = data.files;
    input.dispatchEvent(new Event('change'));
  });
  await ben.expectState('offered');
  await expect(ben.cards.locator('.file-name')).toHaveText('photognp.exe');
  await expect(ben.cards.locator('img')).toHaveCount(0);
});

test('a picture is shown once it is whole; one that could hold scripts is not', async ({ person, room }) => {
  const [ann, ben] = await twoWithFiles(person, room);
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  await ann.input.setInputFiles([
    { name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(png, 'base64') },
    { name: 'dot.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') },
  ]);
  await expect(ben.cards).toHaveCount(2);
  await expect(ben.cards.locator('img')).toHaveCount(0);
  for (const accept of await ben.cards.locator('.file-accept').all()) await accept.click();
  await expect(ben.cards.and(ben.one.page.locator('[data-state="done"]'))).toHaveCount(2);
  const picture = ben.cards.locator('img');
  await expect(picture).toHaveCount(1);
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1);
});

test('of three, one may be chosen to get a file', async ({ person, room }) => {
  const [ann, ben] = await twoWithFiles(person, room);
  const cem = new FilesPanel(await person());
  await joins(cem.one, room);
  await cem.one.call.expectConnected(2);
  await ann.one.call.expectConnected(2);
  await cem.open();
  await ann.send(await fileOf('all.bin', 1));
  for (const each of [ben, cem]) await expect(each.cards).toHaveCount(1);
  await ann.one.page.locator('#file-to').selectOption({ index: 1 });
  await ann.send(await fileOf('one.bin', 1));
  await expect(ann.cards).toHaveCount(3);
  await expect.poll(async () => (await ben.cards.count()) + (await cem.cards.count())).toBe(3);
});

/** Samples that were heard and those of them that were made up, silence apart. */
async function heard({ page }: Person): Promise<{ samples: number; concealed: number }> {
  return page.evaluate(async () => {
    const sum = { samples: 0, concealed: 0 };
    for (const entry of (await window.watch.connections.at(-1)!.getStats()).values()) {
      if (entry.type !== 'inbound-rtp' || entry.kind !== 'audio') continue;
      sum.samples += entry.totalSamplesReceived ?? 0;
      sum.concealed += (entry.concealedSamples ?? 0) - (entry.silentConcealedSamples ?? 0);
    }
    return sum;
  });
}

/** The share of what is heard that is made up, until so many samples have come. */
async function concealed(one: Person, samples: number): Promise<number> {
  const before = await heard(one);
  await expect.poll(async () => (await heard(one)).samples - before.samples, { timeout: 60_000 }).toBeGreaterThan(samples);
  const after = await heard(one);
  return (after.concealed - before.concealed) / (after.samples - before.samples);
}

test('the voice is as good while a file goes over', async ({ person, room }) => {
  test.slow();
  const [ann, ben] = await twoWithFiles(person, room);
  const quiet = await concealed(ben.one, 5 * 48_000);
  await ann.send(await fileOf('large.bin', 200 * MB));
  await ben.cards.locator('.file-accept').click();
  await expect.poll(() => ben.share()).toBeGreaterThan(0);
  expect(await concealed(ben.one, 5 * 48_000)).toBeLessThan(quiet + 0.02);
  await ben.cards.locator('.file-cancel').click();
  await ann.expectState('failed');
});
