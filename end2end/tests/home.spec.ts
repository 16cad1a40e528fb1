import { expect, seesTheOther, test } from '../fixtures/test';
import { holdProgram } from '../pages/home';

test('an empty room number says "Please type a room ID" in place', async ({ person }) => {
  const { home } = await person();
  await home.open();
  await home.connect.click();
  await home.expectRefused(home.room, /Please type a room ID/);
  await home.join('   ');
  await home.expectRefused(home.room, /Please type a room ID/);
  await home.room.fill('4');
  await expect(home.room).toHaveAttribute('aria-invalid', 'false');
  await expect(home.page.getByRole('alert').filter({ visible: true })).toHaveCount(0);
});

test('a room number with odd characters is refused in words', async ({ person }) => {
  const { home } = await person();
  await home.open();
  await home.join('../etc');
  await home.expectRefused(home.room, /A room ID has up to 64/);
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

test('the page proposes a long room number, a different one each time', async ({ person }) => {
  const { home } = await person();
  await home.open();
  const proposed = new Set<string>();
  for (let i = 0; i < 5; i++) {
    const before = await home.room.inputValue();
    await home.propose.click();
    await expect(home.room).not.toHaveValue(before);
    proposed.add((await home.room.inputValue()).replaceAll(' ', ''));
  }
  expect(proposed.size).toBe(5);
  for (const number of proposed) expect(number).toMatch(/^\d{9,}$/);
});

test('two people meet in a proposed room through the copied invite link', async ({ person }) => {
  const ann = await person({ permissions: ['clipboard-write', 'camera', 'microphone'] });
  await ann.home.open();
  await ann.home.propose.click();
  await expect(ann.home.room).toHaveValue(/\d/);
  await ann.home.connect.click();
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

test('the address bar holds the invite link during a call', async ({ person, room, server }) => {
  const { home, call, page } = await person();
  await home.open();
  await home.join(room);
  await call.expectAlone();
  await expect(page).toHaveURL(`${server.url}/room/${room}`);
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
  await expect(page.locator('#connect-button')).toHaveText('CONNECT');
  const words = page.locator('#no-script');
  await expect(words).toContainText('Calls need JavaScript');
  await expect(words).toBeVisible();
});

for (const how of ['a click on CONNECT', 'Enter in the room number field'] as const) {
  test(`${how} before the program has loaded is not lost`, async ({ person, room }) => {
    const { page, home, call } = await person();
    const release = await holdProgram(page);
    await page.goto('/', { waitUntil: 'commit' });
    await home.room.fill(room);
    if (how === 'a click on CONNECT') await home.connect.click();
    else await home.room.press('Enter');
    const words = page.getByText('Connecting…').filter({ visible: true });
    await expect(words).toBeVisible();
    // The button is gone with the focus; what has it now is read out.
    await expect(page.getByRole('status').filter({ has: words })).toBeFocused();
    await expect(home.container).toBeHidden();
    release();
    await call.expectAlone();
    await expect(words).toHaveCount(0);
    await expect(page).toHaveURL(new RegExp(`/room/${room}$`));
  });
}

for (const [part, again] of [
  ['js', 'Load again'],
  ['wasm', 'CONNECT'],
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
  await home.expectRefused(home.room, /A room ID has up to 64/);
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
  await page.getByRole('link', { name: 'Back to the entrance' }).click();
  await home.expectShown();
});
