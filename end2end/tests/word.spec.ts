import { expect, seesTheOther, test, type Person } from '../fixtures/test';

test.use({ settings: { PARLOR_ROOMS_CAPACITY: '3' } });

const field = ({ page }: Person) => page.locator('#word-input');

/** Types the number and the word, and goes in. */
async function byWord(one: Person, room: string, word: string): Promise<void> {
  const { home, page } = one;
  await home.open();
  await page.locator('#word-button').click();
  await expect(field(one)).toBeFocused();
  await field(one).fill(word);
  await home.join(room);
}

const trust = ({ call }: Person) => call.tiles.first();

test('people with the same word are private, however it is typed, also after a reload', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person({ locale: 'ko' })];
  // Composed, and in other letters with other spaces; decomposed, and full-width.
  await byWord(ann, room, 'Café  단풍 A1');
  await byWord(ben, room, 'cafe\u0301 단풍'.normalize('NFD') + '\u3000Ａ１ ');
  for (const one of [ann, ben]) {
    await seesTheOther(one);
    await expect(trust(one)).toHaveAttribute('data-trust', 'private');
    expect(new URL(one.page.url()).hash).toBe('#w');
  }
  await ann.page.locator('.trust summary').click();
  await expect(ann.page.locator('.trust-card')).toContainText('You both know the secret word.');

  await ben.page.reload();
  for (const one of [ann, ben]) {
    await seesTheOther(one);
    await expect(trust(one)).toHaveAttribute('data-trust', 'private');
  }
});

test('who has mistyped the word is told so at the field, and comes in with the right one', async ({ person, room }) => {
  const [ann, ben] = [await person({ permissions: ['clipboard-read', 'clipboard-write'] }), await person()];
  await byWord(ann, room, 'maple');
  await ann.call.expectShown();
  await ann.call.copyLink.click();
  await expect(ann.page.locator('.copy-status')).toContainText('The link does not contain the secret word.');
  const link = ann.page.url();
  expect(new URL(link).hash).toBe('#w');

  // The link asks for the word.
  await ben.page.goto(link);
  await ben.home.ready();
  await expect(field(ben)).toBeVisible();
  await ben.home.connect.click();
  await ben.home.expectRefused(field(ben), /A secret word has 3 to 64 characters/);
  await field(ben).fill('apple');
  await ben.home.connect.click();
  await ben.home.expectRefused(field(ben), /That is not the word of the others\. Ask for it again\./);
  await expect(ann.call.notice).toContainText('Somebody came with another word.');
  await ann.call.expectAlone();

  await field(ben).fill('Maple');
  await ben.home.connect.click();
  for (const one of [ann, ben]) {
    await seesTheOther(one);
    await expect(trust(one)).toHaveAttribute('data-trust', 'private');
  }
});

test('after three wrong words nobody else gets a try before somebody inside says so', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await byWord(ann, room, 'maple');
  await ann.call.expectShown();
  for (const guess of ['apple', 'cedar', 'birch']) {
    await byWord(ben, room, guess);
    await ben.home.expectRefused(field(ben), /That is not the word of the others\. Ask for it again\./);
  }
  await expect(ann.call.notice).toContainText('Three times somebody came with a wrong word.');
  await field(ben).fill('maple');
  await ben.home.connect.click();
  await ben.call.expectShown();
  await expect(trust(ben)).toHaveAttribute('data-link', 'connecting');
  await ann.call.expectAlone();
  await ann.page.locator('#word-again-button').click();
  for (const one of [ann, ben]) await seesTheOther(one);
});

test('who comes without the word to people who have one knocks', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await byWord(ann, room, 'maple');
  await ann.call.expectShown();
  await ben.page.goto(`/room/${room}#w`);
  await ben.home.ready();
  await ben.page.locator('#word-without').click();
  await expect(field(ben)).toBeHidden();
  await ben.home.connect.click();
  await expect(ann.page.locator('#knock')).toBeVisible();
  await ann.call.expectAlone();
});
