// Captures that the browser itself makes: another tab, the tab of the call, a second camera. With fake devices no tab sounds.
import type { BrowserContext } from '@playwright/test';

import { FAKE_DEVICES } from '../fixtures/chromium';
import { framesGrow } from '../fixtures/media';
import { joins } from '../fixtures/mesh';
import { openMenu, THREE } from '../fixtures/pickers';
import { expect, seesTheOther, test, type Person, type PersonOptions } from '../fixtures/test';

const PERMISSIONS = { permissions: ['camera', 'microphone'] };
/** The browser's picker chooses the first tab with such a title by itself. */
const picks = (title: string) => [FAKE_DEVICES[1]!, `--auto-select-tab-capture-source-by-title=${title}`];

/** Opens a tab that moves. */
async function slides(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await page.setContent('<title>Slides</title><style>@keyframes m { to { margin-left: 50% } } i { display: block; width: 99px; height: 99px; background: red; animation: m 1s infinite }</style><i></i>');
}

async function pair(person: (options?: PersonOptions) => Promise<Person>, room: string, options: PersonOptions): Promise<[Person, Person]> {
  const people: [Person, Person] = [await person({ ...PERMISSIONS, ...options }), await person()];
  for (const one of people) await joins(one, room);
  await Promise.all(people.map(seesTheOther));
  return people;
}

const screen = ({ page }: Person) => page.locator('video[data-source="screen"]');

test('another tab is seen at the other side', async ({ person, room, browserWith }) => {
  const [ann, ben] = await pair(person, room, { browser: await browserWith(...picks('Slides')) });
  await slides(ann.context);
  await ann.page.bringToFront();
  await ann.page.locator('#screen-button').click();
  await framesGrow(screen(ben));
  await framesGrow(ben.call.remote);
  await expect(ann.call.notice).not.toContainText('You are sharing the tab of this call');
});

test('whoever shares the tab of the call all the same is told', async ({ person, room, browserWith }) => {
  const prepare = (context: BrowserContext) =>
    context.addInitScript(() => {
      const capture = navigator.mediaDevices?.getDisplayMedia.bind(navigator.mediaDevices);
      if (!capture) return;
      navigator.mediaDevices.getDisplayMedia = (options) => capture({ ...options, selfBrowserSurface: 'include' } as DisplayMediaStreamOptions);
    });
  const [ann, ben] = await pair(person, room, { browser: await browserWith(...picks('Parlor')), prepare });
  await ann.page.locator('#screen-button').click();
  await framesGrow(screen(ben));
  await expect(ann.call.notice).toContainText('You are sharing the tab of this call');
});

test('a second camera is shown beside the own picture', async ({ person, room, browserWith }) => {
  const browser = await browserWith(...THREE);
  const [ann, ben] = await pair(person, room, { browser });
  await openMenu(ann, 'Choose camera');
  await expect(ann.page.locator('.second-camera')).toHaveCount(2);
  // Chromium's second one has pictures of depth, which nobody sends.
  await ann.page.locator('.second-camera').last().click();
  await framesGrow(screen(ben));
  await framesGrow(ben.call.remote);
  await expect(ann.page.locator('.sharing')).toBeVisible();
  await ann.page.locator('#screen-stop-button').click();
  await expect(screen(ben)).toHaveCount(0);
  await framesGrow(ben.call.remote);
});
