import { changeAll, changePages, FOREIGN, translate, type Foreign } from '../fixtures/foreign';
import { expect, seesTheOther, test, inviteLink } from '../fixtures/test';
import { CallPage } from '../pages/call';
import { HomePage, holdProgram } from '../pages/home';

test('whatever is put into the page before its program, one can make a call', async ({ person, room }) => {
  const { context } = await person({ permissions: ['camera', 'microphone'] });
  const untouched = ['nothing', 'attributes of its own', 'elements first in the body', 'an element around the whole body'];
  for (const [at, what] of ['nothing', ...(Object.keys(FOREIGN) as Foreign[])].entries()) {
    await test.step(what, async () => {
      const page = await context.newPage();
      if (what !== 'nothing') await changePages(page, what as Foreign);
      let again = 0;
      page.on('request', (request) => void (again += Number(request.resourceType() === 'fetch' && request.url().endsWith('/'))));
      const [home, call] = [new HomePage(page), new CallPage(page)];
      await home.open();
      expect(again, 'times the page was asked for once more').toBe(untouched.includes(what) ? 0 : 1);
      // A room each: the seat of a page that was closed is kept for a moment.
      await home.join(`${room}${at}`);
      await call.expectShown();
      await expect(call.mute).toHaveAttribute('aria-checked', 'true');
      await call.mute.click();
      await expect(call.mute).toHaveAttribute('aria-checked', 'false');
      await page.close();
    });
  }
});

test('what was typed and pressed stays when the page has to be put right', async ({ person, room }) => {
  const { page, home, call } = await person({ prepare: changeAll });
  const release = await holdProgram(page);
  await page.goto('/', { waitUntil: 'domcontentloaded' });
  await home.room.fill(room);
  await home.name.fill('Ann');
  await home.connect.click();
  release();
  await call.expectAlone();
  await expect(page).toHaveURL(inviteLink(room));
  expect(await page.evaluate(() => window.watch.sockets.length), 'sockets').toBe(1);
  expect(await page.evaluate(() => window.watch.asked.length), 'times the devices were asked for').toBe(1);
  await call.leave.click();
  await expect(home.name).toHaveValue('Ann');
});

test('whoever types while the page is put right types on', async ({ person }) => {
  const { page, home } = await person({ prepare: changeAll });
  const release = await holdProgram(page);
  await page.goto('/', { waitUntil: 'domcontentloaded' });
  await home.room.pressSequentially('47');
  release();
  await home.ready();
  await page.keyboard.type('11');
  await expect(home.room).toHaveValue('4711');
});

test('a page that never arrives as it was sent says so', async ({ person }) => {
  const { page } = await person({ prepare: (context) => changePages(context, 'no comments'), provokes: /does not arrive as it was sent/ });
  await page.route('/', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll('<video', '<div></div><video') });
  });
  await page.goto('/');
  await expect(page.getByRole('alert').filter({ visible: true })).toContainText('an extension of your browser may be in the way');
});

test('a page that the browser has translated goes on telling what is so', async ({ person, room }) => {
  const [ann, ben] = [await person(), await person()];
  await ann.home.open();
  await translate(ann.page);
  await ann.home.join(room);
  await ann.call.expectShown();
  await expect(ann.call.mute).toHaveText('MIC');
  await ben.home.open();
  await ben.home.join(room, 'Ben');
  await Promise.all([ann, ben].map(seesTheOther));
  await ann.call.mute.click();
  await expect(ann.call.mute).toHaveAttribute('aria-checked', 'false');
  await expect(ann.page.locator('.tile-name')).toHaveText('Ben');
  await expect(ann.page.locator('.room-chip b')).toHaveText(/^[\d ]+$/);
  await ben.call.leave.click();
  await expect(ann.call.notice).toContainText(/BEN\u2069? LEFT\./);
  await expect(ann.call.tiles).toHaveCount(0);
  await ann.call.leave.click();
  await ann.home.expectShown();
  await ann.home.room.fill('');
  await ann.home.connect.click();
  await ann.home.expectRefused(ann.home.room, /TYPE THE NUMBER YOU WERE GIVEN/);
});

test("what another's script breaks while the program loads is no failure", async ({ person, room }) => {
  const { page, home, call } = await person({ permissions: ['camera', 'microphone'], provokes: /of an extension/ });
  const release = await holdProgram(page);
  await page.goto('/', { waitUntil: 'domcontentloaded' });
  const reported = page.waitForEvent('pageerror');
  await page.evaluate(() => void setTimeout(() => void Promise.reject(new Error('of an extension'))));
  await reported;
  release();
  await home.ready();
  await expect(page.locator('#load-failed')).toBeHidden();
  await home.join(room);
  await call.expectAlone();
  const tracks = () => page.evaluate(() => window.watch.streams.flatMap((stream) => stream.getTracks()).map((track) => track.readyState));
  await expect.poll(tracks).toEqual(['live', 'live']);
});
