import { readFile } from 'node:fs/promises';

import { joins } from '../fixtures/mesh';
import { expect, test, twoInCall } from '../fixtures/test';
import { NotesPanel } from '../pages/notes';

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3', PARLOR_ROOMS_UNLOAD_GRACE: '30' } });

async function twoWithNotes(...args: Parameters<typeof twoInCall>): Promise<[NotesPanel, NotesPanel]> {
  const notes = (await twoInCall(...args)).map((one) => new NotesPanel(one)) as [NotesPanel, NotesPanel];
  for (const one of notes) await one.open();
  return notes;
}

test('two write at once, and both have the same text with all of it', async ({ person, room }) => {
  const [ann, ben] = await twoWithNotes(person, room);
  await expect(ann.field).toHaveAccessibleName('Notes for everybody here');
  await ann.field.pressSequentially('first line\nlast line');
  await expect(ben.field).toHaveValue('first line\nlast line');
  await Promise.all([
    ann.typeBehind('first', ' of the very many letters of Ann'),
    ben.typeBehind('last', ' of the very many letters of Ben'),
  ]);
  const text = 'first of the very many letters of Ann line\nlast of the very many letters of Ben line';
  for (const one of [ann, ben]) await expect(one.field).toHaveValue(text);

  // In one place the letters of one go between those of the other, and none is lost.
  await Promise.all([ann.typeBehind('first', 'abcdefgh'), ben.typeBehind('first', '12345678')]);
  await expect(ann.field).toHaveValue(/^first[a-h1-8]{16} of/);
  await expect(ben.field).toHaveValue(await ann.field.inputValue());
  const letters = (await ann.field.inputValue()).slice('first'.length, 'first'.length + 16);
  expect([...letters].sort().join('')).toBe('12345678abcdefgh');
});

test('the caret and what is composed stay while others write', async ({ person, room }) => {
  const [ann, ben] = await twoWithNotes(person, room);
  await ann.field.fill('one two');
  await expect(ben.field).toHaveValue('one two');
  await ben.typeBehind('one', '!');
  await ann.typeBehind('', 'before ');
  await expect(ben.field).toHaveValue('before one! two');
  expect(await ben.beforeCaret()).toBe('before one!');

  await ben.field.dispatchEvent('compositionstart');
  // A composition that rests for two seconds counts as one that has ended, so this one goes on.
  const composing = await ben.field.evaluate((field: HTMLTextAreaElement) => {
    const goesOn = () => field.dispatchEvent(new InputEvent('input', { bubbles: true, isComposing: true }));
    field.setRangeText('に', field.selectionStart, field.selectionEnd, 'end');
    goesOn();
    return window.setInterval(goesOn, 200);
  });
  await ann.typeBehind('two', ' three');
  // Chat takes another channel, so that Ann's page tells when Ben's has had the time for both.
  await expect(ann.field).toHaveValue('before one! two three');
  await ann.one.page.keyboard.press('Escape');
  await ann.one.page.locator('#chat-button').click();
  await ann.one.page.locator('#chat-input').fill('now');
  await ann.one.page.locator('#chat-input').press('Enter');
  await expect(ben.one.page.locator('#chat-told')).toContainText('now');
  await expect(ben.field, 'nothing is put into what is composed').toHaveValue('before one!に two');
  await ben.one.page.evaluate((goesOn) => clearInterval(goesOn), composing);
  await ben.field.dispatchEvent('compositionend');
  await expect(ben.field).toHaveValue('before one!に two three');
  expect(await ben.beforeCaret()).toBe('before one!に');
});

test('whoever has them closed is told, and saves them as a file', async ({ person, room }) => {
  const [ann, ben] = (await twoInCall(person, room)).map((one) => new NotesPanel(one)) as [NotesPanel, NotesPanel];
  await ann.open();
  await expect(ben.more.locator('.key-face')).toHaveAttribute('data-new', 'no');
  await ann.field.fill('Agenda\n1. Greetings 👋\n');
  await expect(ben.more.locator('.key-face')).toHaveAttribute('data-new', 'yes');
  await expect(ben.told).toHaveText('There is something new in the notes');
  await ben.open();
  await expect(ben.field).toHaveValue('Agenda\n1. Greetings 👋\n');
  await expect(ben.more.locator('.key-face')).toHaveAttribute('data-new', 'no');
  await expect(ben.told).toHaveText('');

  const saving = ben.one.page.waitForEvent('download');
  await ben.one.page.locator('#notes-save').click();
  const download = await saving;
  expect(download.suggestedFilename()).toMatch(new RegExp(`^notes-${room}-\\d{4}-\\d{2}-\\d{2}\\.txt$`));
  expect(await readFile(await download.path(), 'utf8')).toBe('Agenda\n1. Greetings 👋\n');
});

test('one reloads, a third joins later, and all have the same text', { tag: '@full' }, async ({ person, room }) => {
  const [ann, ben] = await twoWithNotes(person, room);
  await ann.field.fill('kept');
  await expect(ben.field).toHaveValue('kept');
  await ben.one.page.reload();
  await ben.one.call.expectConnected(1);
  await ann.typeBehind('kept', ' by both');
  await ben.open();
  await expect(ben.field).toHaveValue('kept by both');

  const cem = new NotesPanel(await person());
  await joins(cem.one, room);
  await cem.one.call.expectConnected(2);
  await expect(cem.more.locator('.key-face')).toHaveAttribute('data-new', 'yes');
  await cem.open();
  await expect(cem.field).toHaveValue('kept by both');
  await cem.typeBehind('by', ' three instead of');
  for (const one of [ann, ben, cem]) await expect(one.field).toHaveValue('kept by three instead of both');
});

test('notes outlive the reload of whoever is alone, and not the call', async ({ person, room }) => {
  const ann = new NotesPanel(await person());
  await joins(ann.one, room);
  await ann.open();
  await ann.field.fill('my own');
  await ann.one.page.reload();
  await ann.one.call.expectAlone();
  await ann.open();
  await expect(ann.field).toHaveValue('my own');
  await ann.one.page.keyboard.press('Escape');
  await ann.one.call.leave.click();
  await ann.one.home.connect.click();
  await ann.one.call.expectAlone();
  await ann.open();
  await expect(ann.field).toHaveValue('');
});
