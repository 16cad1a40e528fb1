import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '../fixtures/test';

const LANGUAGES = [
  ['de', 'Deutsch'],
  ['en', 'English'],
  ['es', 'Español'],
  ['fr', 'Français'],
  ['ja', '日本語'],
  ['ko', '한국어'],
  ['zh-Hans', '简体中文'],
] as const;

type Texts = Record<string, string | { one: string; other: string }>;

const texts = (tag: string) => JSON.parse(readFileSync(join(__dirname, `../../locales/${tag}.json`), 'utf8')) as Texts;

test('the page is written in the language that the browser prefers', async ({ server }) => {
  for (const [accepted, tag] of [
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['pt-BR,pt;q=0.9,es-419;q=0.8,en;q=0.7', 'es'],
    ['zh-CN,zh;q=0.9', 'zh-Hans'],
    ['zh-TW,zh-Hant;q=0.9,en;q=0.8', 'en'],
    ['it,nl;q=0.5', 'en'],
  ]) {
    const html = await (await fetch(server.url, { headers: { 'accept-language': accepted! } })).text();
    expect(html, accepted).toContain(`<html lang="${tag}">`);
    expect(html, accepted).toContain(`>${texts(tag!).welcome}</h1>`);
  }
});

test('all languages are offered by keyboard and in their own names, and the choice is remembered', async ({ person, room }) => {
  const { page, home } = await person();
  await home.open(`/room/${room}`);
  const list = page.getByRole('navigation', { name: 'Language' });
  const summary = list.locator('summary');
  await expect(summary).toHaveAccessibleName('Language: English');
  await expect(list.getByRole('link')).toHaveCount(0);

  await summary.focus();
  await page.keyboard.press('Enter');
  await expect(list.getByRole('link')).toHaveText(LANGUAGES.map(([, name]) => name));
  for (const [tag, name] of LANGUAGES) {
    await expect(list.getByRole('link', { name })).toHaveAttribute('lang', tag);
  }
  await expect(list.getByRole('link', { name: 'English' })).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await expect(list.getByRole('link')).toHaveCount(0);
  await expect(summary).toBeFocused();
  await summary.click();
  await home.name.click();
  await expect(list.getByRole('link'), 'a press beside the list closes it').toHaveCount(0);

  await summary.click();
  await list.getByRole('link', { name: 'Français' }).click();
  await home.ready();
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
  await expect(home.room).toHaveValue(room);
  await home.open();
  await expect(home.connect).toHaveText(texts('fr').connect as string);
  await home.connect.click();
  await expect(page.getByRole('alert').filter({ visible: true })).toHaveText(texts('fr').empty_room as string);
});

test('languages can be chosen without scripts, also where there is no page', async ({ person }) => {
  const { page } = await person({ javaScriptEnabled: false, provokes: /404/ });
  await page.goto('/nowhere');
  await page.locator('#languages summary').click();
  await page.getByRole('link', { name: '日本語' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'ja');
  await expect(page.locator('h1')).toHaveText(texts('ja').lost_title as string);
});

for (const [what, damaged] of [
  ['missing', ''],
  ['damaged', '<script id="words" type="application/json">["Parlor"'],
] as const) {
  test(`a page whose words are ${what} says that it did not load`, async ({ person }) => {
    const { page, home } = await person({ locale: 'de-DE' });
    await page.route('/', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(/<script id="words"[^>]*>[^<]*/, damaged || '<script type="text/plain">');
      await route.fulfill({ response, body });
    });
    await page.goto('/');
    await expect(page.getByRole('alert').filter({ visible: true })).toContainText(texts('de').load_failed as string);
    await page.unroute('/');
    await page.getByRole('button', { name: texts('de').reload as string }).click();
    await home.ready();
  });
}

test('the program that pages load holds no text of any language', async ({ server }) => {
  const page = await (await fetch(server.url)).text();
  const paths = new Set([...page.matchAll(/"(\/pkg\/[^"]+\.wasm)"/g)].map(([, path]) => path));
  const parts = await Promise.all([...paths].map(async (path) => (await fetch(`${server.url}${path}`)).arrayBuffer()));
  const program = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const held = LANGUAGES.flatMap(([tag]) =>
    Object.values(texts(tag))
      .flatMap((text) => (typeof text === 'string' ? [text] : Object.values(text)))
      .flatMap((text) => text.split(/\{\w+\}/))
      // Shorter ones are in any program by chance, or its own words for states.
      .filter((part) => Buffer.byteLength(part) > 12 && program.includes(part)),
  );
  expect(held).toEqual([]);
});
