import { readFile } from 'node:fs/promises';

import type { BrowserContext } from '@playwright/test';

import { reportFailure, withoutChannel } from '../fixtures/in-page';
import { joins } from '../fixtures/mesh';
import { expect, test, twoInCall, type Person } from '../fixtures/test';
import { Valve } from '../fixtures/valve';
import { ChatPanel } from '../pages/chat';

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3', PARLOR_ROOMS_UNLOAD_GRACE: '30' } });

async function twoInChat(...args: Parameters<typeof twoInCall>): Promise<[ChatPanel, ChatPanel]> {
  const chats = (await twoInCall(...args)).map((one) => new ChatPanel(one)) as [ChatPanel, ChatPanel];
  for (const chat of chats) await chat.open();
  return chats;
}

test('messages go both ways, each says that it was sent, and Shift and Enter begin a line', async ({ person, room }) => {
  const [ann, ben] = await twoInChat(person, room);
  await ann.write('Hello 👋');
  await ben.expectTexts('Hello 👋');
  await ann.expectStates('Sent');
  await ben.field.pressSequentially('one');
  await ben.field.press('Shift+Enter');
  await ben.field.pressSequentially('two');
  await ben.field.press('Enter');
  const answer = ann.messages.last().locator('.bubble');
  await expect(answer).toHaveText('one\ntwo', { useInnerText: true });
  await expect(ben.field).toHaveValue('');
  await expect(ben.field, 'to write on').toBeFocused();

  await ben.field.press('Enter');
  await ben.write('   ');
  await ben.write('three');
  await ann.expectTexts('Hello 👋', 'one two', 'three');
});

test('what is unread is counted at the key and in the title, and read out', async ({ person, room }) => {
  const people = await twoInCall(person, room);
  const [ann, ben] = people.map((one) => new ChatPanel(one)) as [ChatPanel, ChatPanel];
  const { page } = ben.one;
  const told = page.locator('#chat-told');
  const title = await page.title();
  await ann.open();
  await ann.write('one');
  await expect(ben.button.locator('.count')).toHaveText('1');
  await expect(told).toContainText('one');
  await ann.write('two');
  await expect(ben.button.locator('.count')).toHaveText('2');
  await expect(ben.button).toHaveAccessibleName(/2 new messages/);
  await expect(told).toContainText('two');
  await expect(page).toHaveTitle(`(2) ${title}`);

  await page.keyboard.press('c');
  await expect(ben.field).toBeFocused();
  await ben.expectTexts('one', 'two');
  await expect(ben.button.locator('.count')).toBeHidden();
  await expect(page).toHaveTitle(title);
  await expect(told).toHaveText('');
  await ben.field.pressSequentially('cc');
  await expect(ben.field, 'a letter in the field is no shortcut').toHaveValue('cc');

  await ben.field.press('Escape');
  await expect(ben.panel).toHaveCount(0);
  await ben.button.click();
  await expect(ben.field, 'what was begun is kept').toHaveValue('cc');
  await page.locator('#chat .panel-head button').click();
  await expect(ben.button, 'the focus comes back').toBeFocused();
  await expect(ben.button.locator('.count')).toBeHidden();
});

test('links can be followed, and nothing that people write is run', async ({ person, room }) => {
  const [ann, ben] = await twoInChat(person, room);
  const script = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  await ann.write(script);
  await ben.expectTexts(script);
  await expect(ben.messages.locator('img, script')).toHaveCount(0);

  await ann.write('See https://call.example/a_(b)?c=1. Not javascript:alert(1), ftp://x.example or https://a@b.example');
  const links = ben.messages.last().locator('a');
  await expect(links).toHaveCount(1);
  await expect(links).toHaveText('https://call.example/a_(b)?c=1');
  await expect(links).toHaveAttribute('href', 'https://call.example/a_(b)?c=1');
  await expect(links).toHaveAttribute('rel', 'noopener noreferrer');
  await expect(links).toHaveAttribute('target', '_blank');

  // An override of the direction is dropped, and what is from right to left turns only itself.
  await ann.write('bill\u202efdp.exe\u2069');
  await ann.write('שלום\u200f!');
  await expect(ben.messages.nth(2).locator('.bubble')).toHaveText('billfdp.exe');
  await expect(ben.messages.nth(3).locator('.bubble')).toHaveText('שלום!');
  await expect(ben.messages.last().locator('.bubble')).toHaveAttribute('dir', 'auto');
});

test('a text that is too long is refused in words, and stays to be shortened', async ({ person, room }) => {
  const [ann, ben] = await twoInChat(person, room);
  // A browser would stand still for ten seconds over so much.
  await ann.write('x'.repeat(1_000_000));
  await expect(ann.note).toContainText('up to 4000 characters');
  await expect(ann.field).toHaveValue('');
  const long = 'x'.repeat(50_000);
  await ann.write(long);
  await expect(ann.note).toContainText('up to 4000 characters');
  expect((await ann.field.inputValue()).length).toBe(long.length);
  await expect(ann.messages).toHaveCount(0);
  await ann.write('x'.repeat(4_000));
  await expect(ann.note).toHaveText('');
  await ben.expectTexts('x'.repeat(4_000));
  await ann.expectStates('Sent');
});

test('what is written while the other reloads is sent when they are back', async ({ person, room }) => {
  const valve = new Valve();
  const [ann, ben] = await twoInChat(person, room, {}, { prepare: valve.prepare });
  await ann.write('before');
  await ann.expectStates('Sent');
  valve.close();
  await ben.one.page.reload();
  await expect(ann.one.call.tiles.first()).toHaveAttribute('data-link', 'away');
  await ann.write('meanwhile');
  await ann.expectStates('Sent', /^Not sent to \S*Guest\S*\.\s*Try again/);
  await ann.messages.last().getByRole('button', { name: 'Try again' }).click();
  await ann.write('and more');
  valve.release();
  await ben.one.call.expectConnected(1);
  await ben.open();
  await ben.expectTexts('meanwhile', 'and more');
  await ann.expectStates('Sent', 'Sent', 'Sent');
});

/** The browser ends the connection; the way to another one is the page's own. */
async function losesConnection({ page }: Person): Promise<void> {
  await page.evaluate(() => window.watch.connections.at(-1)!.close());
  await reportFailure(page);
}

test('messages keep their order over a lost connection, and none comes twice', async ({ person, room }) => {
  const valve = new Valve();
  const [ann, ben] = await twoInChat(person, room, { prepare: valve.prepare }, {});
  await ann.write('a1');
  await ben.write('b1');
  await ann.expectTexts('a1', 'b1');
  await ann.expectStates('Sent');
  await ben.expectStates('Sent');
  valve.close(/"signal"/);
  await losesConnection(ann.one);
  await expect(ann.one.call.tiles.first()).not.toHaveAttribute('data-link', 'connected');
  for (const text of ['a2', 'a3', 'a4']) await ann.write(text);
  for (const text of ['b2', 'b3']) await ben.write(text);
  await ann.expectStates('Sent', /Not sent/, /Not sent/, /Not sent/);
  valve.release();
  await Promise.all([ann, ben].map(({ one }) => one.call.expectConnected(1)));
  for (const chat of [ann, ben]) await chat.expectStates(...Array<string>(chat === ann ? 4 : 3).fill('Sent'));
  const from = ({ messages }: ChatPanel) => messages.and(messages.page().locator('[data-own="no"]')).locator('.bubble');
  await expect(from(ben)).toHaveText(['a1', 'a2', 'a3', 'a4']);
  await expect(from(ann)).toHaveText(['b1', 'b2', 'b3']);
});

test('a page without the channel is told of as one that lacks what is written', { tag: '@full' }, async ({ person, room }) => {
  const [ann] = await twoInCall(person, room, {}, { prepare: withoutChannel });
  const chat = new ChatPanel(ann);
  await chat.open();
  await chat.write('Hello');
  await chat.expectStates(/Not sent to/);
});

/** A page that knows no chat: it passes all other messages on, and acknowledges none. */
async function withoutChat(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const send = RTCDataChannel.prototype.send as (this: RTCDataChannel, data: unknown) => void;
    RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
      const text = ArrayBuffer.isView(data) ? new TextDecoder().decode(data) : String(data);
      if (!text.startsWith('{"type":"chat')) send.call(this, data);
    };
  });
}

test('who never acknowledges is shown as one who lacks it, and the call goes on', { tag: '@full' }, async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room, {}, { prepare: withoutChat });
  const chat = new ChatPanel(ann);
  await chat.open();
  await chat.write('Hello');
  await chat.expectStates(/Not sent to/);
  for (const { call } of [ann, ben]) await call.expectConnected(1);
});

test('who comes later sees what is written from then on', async ({ person, room }) => {
  const [ann, ben] = await twoInChat(person, room);
  await ann.write('before');
  await ben.expectTexts('before');
  const cem = new ChatPanel(await person());
  await joins(cem.one, room);
  await cem.one.call.expectConnected(2);
  await cem.open();
  await ben.write('Hello all');
  await cem.expectTexts('Hello all');
  await ann.expectTexts('before', 'Hello all');
  await ben.expectStates('Sent');
});

test('the chat can be saved, and is gone with the call', async ({ person, room }) => {
  const [ann, ben] = await twoInChat(person, room);
  await ann.write('one\ntwo');
  await ben.expectTexts('one two');
  await ben.write('three');
  await ann.expectTexts('one two', 'three');
  const [file] = await Promise.all([ann.one.page.waitForEvent('download'), ann.one.page.locator('#chat-save').click()]);
  expect(file.suggestedFilename()).toMatch(new RegExp(`^chat-${room}-\\d{4}-\\d\\d-\\d\\d\\.txt$`));
  const saved = await readFile(await file.path(), 'utf8');
  expect(saved).toMatch(/^\[\d\d:\d\d\] You: one\n {2}two\n\[\d\d:\d\d\] Guest: three\n$/);

  await ann.field.fill('not sent yet');
  await ann.one.call.leave.click();
  await ann.one.home.expectShown();
  await expect(ann.panel).toHaveCount(0);
  await ann.one.home.connect.click();
  await ann.one.call.expectConnected(1);
  await ann.open();
  await expect(ann.messages).toHaveCount(0);
  await expect(ann.field).toHaveValue('');
  await expect(ben.messages, 'those who stay keep it').toHaveCount(2);
});

test('on a phone the chat is a sheet, and the picture stays above it', async ({ person, room }) => {
  const phone = { viewport: { width: 390, height: 844 } };
  const [ann] = await twoInCall(person, room, phone, {});
  const chat = new ChatPanel(ann);
  await chat.open();
  const sheet = async () => (await chat.panel.boundingBox())!;
  await expect.poll(async () => Math.round((await sheet()).y + (await sheet()).height), 'it has come up').toBe(phone.viewport.height);
  const { y, width } = await sheet();
  expect(width).toBe(phone.viewport.width);
  expect(y).toBeGreaterThan(phone.viewport.height / 3);
});
