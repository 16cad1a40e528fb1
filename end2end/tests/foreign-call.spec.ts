import type { BrowserContext } from '@playwright/test';

import { changeAll } from '../fixtures/foreign';
import { withoutChannel } from '../fixtures/in-page';
import { framesGrow, hears } from '../fixtures/media';
import { seesTheOther, test, twoInCall } from '../fixtures/test';

/** As in a browser with many extensions: nodes in the page before its program, and scripts that fail all the time. */
async function extensions(context: BrowserContext): Promise<void> {
  await changeAll(context);
  await context.addInitScript(() => {
    setInterval(() => void Promise.reject(new Error('of an extension')), 500);
    setInterval(() => {
      throw new Error('of an extension');
    }, 700);
  });
}

test('two people whose browsers change the page see and hear each other', async ({ person, room }) => {
  const options = { prepare: extensions, provokes: /of an extension/ };
  const older = { ...options, prepare: (context: BrowserContext) => Promise.all([extensions(context), withoutChannel(context)]) };
  // Who offers has no data channel, so nobody is told anything, and what arrives is shown.
  const [ann, ben] = await twoInCall(person, room, older, options);
  await Promise.all([ann, ben].map(({ call }) => framesGrow(call.local)));
  await Promise.all([ann, ben].map(({ page }) => hears(page)));
  await ben.page.reload();
  await Promise.all([ann, ben].map(seesTheOther));
});
