import type { Locator } from '@playwright/test';

import { expect, seesTheOther, test, inviteLink } from '../fixtures/test';
import { holdProgram } from '../pages/home';

test('the fields come first, Join is the one green button, and the preview has the shape of a picture', async ({ person }) => {
  const { page, home } = await person();
  await home.open();
  const inOrder = page.locator('#name-input, #room-input, #connect-button, #new-call-button, #mute-button');
  const ids = ['name-input', 'room-input', 'connect-button', 'new-call-button', 'mute-button'];
  expect(await inOrder.evaluateAll((found) => found.map(({ id }) => id)), 'as Tab goes').toEqual(ids);
  await expect(page.locator('[tabindex]:not([tabindex="0"], [tabindex="-1"])')).toHaveCount(0);

  const ground = (of: Locator) => of.evaluate((element) => getComputedStyle(element).backgroundColor);
  await expect(home.connect).toHaveCSS('background-color', 'rgb(31, 81, 66)');
  expect(await ground(home.newCall)).not.toBe(await ground(home.connect));
  const preview = page.locator('.preview');
  const radii = await preview.evaluate((box) => [getComputedStyle(box).borderTopLeftRadius, getComputedStyle(box).borderBottomLeftRadius]);
  expect(radii[0], 'no arch').toBe(radii[1]);
  const { width, height } = (await preview.boundingBox())!;
  expect(width / height).toBeCloseTo(16 / 10, 1);

  await page.emulateMedia({ forcedColors: 'active' });
  expect(await ground(home.newCall), 'in forced colours, too').not.toBe(await ground(home.connect));
});

test('an empty room number says what to do in place', async ({ person }) => {
  const { home } = await person();
  await home.open();
  await home.connect.click();
  await home.expectRefused(home.room, /Type the number you were given/);
  await home.join('   ');
  await home.expectRefused(home.room, /Type the number you were given/);
  await home.room.fill('4');
  await expect(home.room).toHaveAttribute('aria-invalid', 'false');
  await expect(home.page.getByRole('alert').filter({ visible: true })).toHaveCount(0);
});

test('a room number with odd characters is refused in words', async ({ person }) => {
  const { home } = await person();
  await home.open();
  await home.join('../etc');
  await home.expectRefused(home.room, /Up to 64 letters, digits/);
  await home.join('https://other.example/room/4711');
  await home.expectRefused(home.room, /This link leads to other\.example, not here/);
});

test('Enter in the room number field connects', async ({ person, room }) => {
  const { home, call } = await person();
  await home.open();
  await home.room.fill(room);
  await home.room.press('Enter');
  await call.expectAlone();
});

test('a phone shows its number keys for the room number, and its label is tied to it', async ({ person }) => {
  const { home } = await person();
  await home.open();
  await expect(home.room).toHaveAttribute('inputmode', 'numeric');
  await expect(home.page.getByLabel('Room number', { exact: true })).toHaveId('room-input');
});

test('an invite link opens the same view with the number filled in', async ({ person, room }) => {
  const { home } = await person();
  await home.open(`/room/${room}`);
  await expect(home.room).toHaveValue(room);
  await home.expectShown();
});

test('a new call gets a long room number, another one each time', async ({ person }) => {
  const { home, call, page } = await person();
  const numbers = new Set<string>();
  for (let i = 0; i < 3; i++) {
    await home.open();
    await home.newCall.click();
    await call.expectAlone();
    numbers.add(new URL(page.url()).pathname);
    await call.leave.click();
    await home.expectShown();
  }
  expect(numbers.size).toBe(3);
  for (const number of numbers) expect(number).toMatch(/^\/room\/\d{9,}$/);
});

test('an invite link greets, asks for nothing but a name, and goes in', async ({ person, room }) => {
  const { home, call, page } = await person();
  await home.open(`/room/${room}`);
  const greeting = page.getByRole('heading', { level: 1 });
  await expect(greeting).toContainText('You are invited to room');
  expect((await greeting.innerText()).replaceAll(/\D/g, '')).toBe(room);
  await expect(home.room).toBeHidden();
  await expect(home.newCall).toBeHidden();
  await expect(home.name).toBeFocused();
  await home.name.fill('Ann');
  await home.connect.click();
  await call.expectAlone();
  // Whoever has been there may go elsewhere.
  await call.leave.click();
  await expect(home.room).toBeVisible();
  await expect(home.room).toHaveValue(room);
});

test('two people meet in a new call through the copied invite link', async ({ person }) => {
  const ann = await person({ permissions: ['clipboard-write', 'camera', 'microphone'] });
  await ann.home.open();
  await ann.home.newCall.click();
  await ann.call.expectAlone();
  await ann.call.copyLink.click();
  await expect(ann.page.getByText(/Link copied/).filter({ visible: true })).toBeVisible();

  // As people do: into the address bar. The page itself may not read the clipboard.
  const ben = await person();
  await ben.home.open();
  await ben.home.room.focus();
  await ben.page.keyboard.press('ControlOrMeta+V');
  const link = await ben.home.room.inputValue();
  await ben.home.open(link);
  await ben.home.connect.click();
  await Promise.all([ann, ben].map(seesTheOther));
});

test('the address bar holds the invite link during a call', async ({ person, room }) => {
  const { home, call, page } = await person();
  await home.open();
  await home.join(room);
  await call.expectAlone();
  await expect(page).toHaveURL(inviteLink(room));
});

test('how private it is stands in the settings, and what the browser keeps is forgotten there', async ({ person }) => {
  const { page, home } = await person();
  await home.open();
  await page.evaluate(() => {
    for (const key of ['parlor.name', 'parlor.settings', 'of another program']) localStorage.setItem(key, 'Ann');
  });
  await home.open();
  await expect(page.getByRole('link', { name: 'Parlor' }), 'drawn letters are read out as text').toBeVisible();
  await expect(home.name).toHaveValue('Ann');
  const asks = page.locator('#privacy-button');
  await asks.click();
  await expect(page.locator('#tab-privacy')).toHaveAttribute('aria-selected', 'true');
  const privacy = page.getByRole('tabpanel', { name: 'Privacy' });
  await expect(privacy).toContainText('The server does not see or hear them.');
  await privacy.locator('#hide-address').check();
  await expect(page.getByText('Forgotten.')).toBeHidden();
  await privacy.locator('#forget-button').click();
  await expect(page.getByText('Forgotten.')).toBeVisible();
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(['of another program']);
  await expect(privacy.locator('#hide-address'), 'nobody is shown without wanting it').toBeChecked();
  await page.keyboard.press('Escape');
  await expect(asks).toBeFocused();
  await expect(home.name).toHaveValue('');

  await asks.click();
  await page.locator('#privacy-connection-button').click();
  await expect(page.locator('#test-button')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('a number typed in groups is the same room', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await ann.home.join(room);
  await ben.home.open();
  await ben.home.join(` ${room.slice(0, 3)} ${room.slice(3, 6)} ${room.slice(6)} `);
  await Promise.all([ann, ben].map(seesTheOther));
});

test('the page can be read before its program has loaded', async ({ person, room }) => {
  const { page } = await person({ javaScriptEnabled: false });
  await page.goto(`/room/${room}`);
  await expect(page.locator('#room-input')).toHaveValue(room);
  await expect(page.locator('#connect-button')).toHaveText('Join');
  const words = page.locator('#no-script');
  await expect(words).toContainText('Calls need JavaScript');
  await expect(words).toBeVisible();
});

for (const how of ['a click on Join', 'Enter in the room number field'] as const) {
  test(`${how} before the program has loaded is not lost`, async ({ person, room }) => {
    const { page, home, call } = await person();
    const release = await holdProgram(page);
    await page.goto('/', { waitUntil: 'commit' });
    await home.room.fill(room);
    if (how === 'a click on Join') await home.connect.click();
    else await home.room.press('Enter');
    const words = page.getByText('Connecting…').filter({ visible: true });
    await expect(words).toBeVisible();
    // The button is gone with the focus; what has it now is read out.
    await expect(page.getByRole('status').filter({ has: words })).toBeFocused();
    await expect(home.container).toBeHidden();
    release();
    await call.expectAlone();
    await expect(words).toHaveCount(0);
    await expect(page).toHaveURL(inviteLink(room));
  });
}

for (const [part, again] of [
  ['js', 'Load again'],
  ['wasm', 'Join'],
] as const) {
  test(`where the program's .${part} is lost the page says so, lets go of the devices and shows the way to other languages`, async ({
    person,
    room,
  }) => {
    const { page, home } = await person({ provokes: /net::ERR_FAILED|Failed to fetch|dynamically imported module/ });
    const decide = await holdProgram(page, part);
    await page.goto(`/room/${room}`, { waitUntil: 'commit' });
    await home.connect.click();
    decide('is lost');
    const words = page.getByRole('alert').filter({ visible: true });
    await expect(words).toContainText('The page did not load completely');
    const devices = () => page.evaluate(() => window.watch.streams.flatMap((stream) => stream.getTracks()).map((track) => track.readyState));
    await expect.poll(devices).toEqual(['ended', 'ended']);
    await expect(page.getByRole('link', { name: '한국어' })).toBeVisible();

    decide('arrives');
    await page.getByRole('button', { name: again }).click();
    await home.ready();
    await expect(page).toHaveURL(new RegExp(`/room/${room}$`));
    await expect(words).toHaveCount(0);
    await expect(home.room).toHaveValue(room);
  });
}

test('a call can be given up before the program has loaded', async ({ person, room }) => {
  const { page, home } = await person();
  const release = await holdProgram(page);
  await page.goto('/', { waitUntil: 'commit' });
  await home.room.fill(room);
  await home.connect.click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(home.room).toHaveValue(room);
  await expect(home.connect).toBeFocused();
  release();
  await home.ready();
  await home.expectShown();

  const other = await person();
  await other.home.open();
  await other.home.join(room);
  await other.call.expectAlone();
});

test('what the room refuses is not taken for a call, even before the program has loaded', async ({ person }) => {
  const { page, home } = await person();
  const release = await holdProgram(page);
  await page.goto('/', { waitUntil: 'commit' });
  await home.room.fill('../etc');
  await home.connect.click();
  await expect(home.container).toBeVisible();
  release();
  await home.expectRefused(home.room, /Up to 64 letters, digits/);
});

test('what was typed before the program has loaded stays', async ({ person, room }) => {
  const { page, home } = await person();
  const release = await holdProgram(page);
  await page.goto('/', { waitUntil: 'commit' });
  await home.room.fill(room);
  await home.name.fill('Ann');
  release();
  await home.ready();
  await expect(home.room).toHaveValue(room);
  await expect(home.name).toHaveValue('Ann');
});

test('an address that does not exist says so and leads back', async ({ person }) => {
  const { page, home } = await person({ provokes: /status of 404/ });
  const answer = await page.goto('/no/such/door');
  expect(answer?.status()).toBe(404);
  await page.getByRole('link', { name: 'Home', exact: true }).click();
  await home.expectShown();
});

test('a link to a new call fills in a number and leaves the press to the person', async ({ person }) => {
  const { home, call } = await person();
  await home.open('/?new');
  await expect(home.room).toHaveValue(/^\d{12}$/);
  await home.name.fill('Ann');
  await home.expectShown();
  await home.connect.click();
  await call.expectAlone();
});

test('the shortcut of an installed page goes in', async ({ person }) => {
  const { home, call } = await person({
    prepare: (context) =>
      context.addInitScript(() => {
        const ask = window.matchMedia.bind(window);
        const yes = ask('all');
        window.matchMedia = (query) => (query === '(display-mode: standalone)' ? yes : ask(query));
      }),
  });
  await home.open('/?new');
  await call.expectAlone();
});
