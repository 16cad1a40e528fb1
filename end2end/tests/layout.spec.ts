import type { Locator, Page } from '@playwright/test';

import { expect, test, twoInCall } from '../fixtures/test';
import { ConnectionPart } from '../pages/connection';

const SIZES = {
  'a 360 pixel phone': { width: 360, height: 640 },
  'a phone held sideways': { width: 640, height: 360 },
  'a wide screen': { width: 1920, height: 1080 },
};

async function expectNoHorizontalScroll(page: Page): Promise<void> {
  const { content, screen } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    screen: document.documentElement.clientWidth,
  }));
  expect(content).toBeLessThanOrEqual(screen);
}

async function expectLargeEnough(...elements: Locator[]): Promise<void> {
  for (const element of elements) {
    const { width, height } = (await element.boundingBox())!;
    expect(Math.min(width, height), `a finger finds ${element}`).toBeGreaterThanOrEqual(44);
  }
}

async function expectOnScreen(page: Page, ...elements: Locator[]): Promise<void> {
  const { width, height } = page.viewportSize()!;
  for (const element of elements) {
    const box = (await element.boundingBox())!;
    expect(box.x, `left edge of ${element}`).toBeGreaterThanOrEqual(0);
    expect(box.y, `upper edge of ${element}`).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width, `right edge of ${element}`).toBeLessThanOrEqual(width);
    expect(box.y + box.height, `lower edge of ${element}`).toBeLessThanOrEqual(height);
  }
}

for (const [name, viewport] of Object.entries(SIZES)) {
  test.describe(`on ${name}`, () => {
    test.use({ viewport });

    test('nothing scrolls sideways, and a call fits with all its buttons', async ({ person, room }) => {
      const visitor = await person();
      await visitor.home.open(`/room/${room}`);
      await expectNoHorizontalScroll(visitor.page);

      const [{ page, call }] = await twoInCall(person, `${room}1`);
      await expectNoHorizontalScroll(page);
      const { hideButton, pathWord, pathHint } = new ConnectionPart(page);
      await expectOnScreen(page, call.mute, call.camera, call.copyLink, hideButton, call.leave, call.local, call.remote);
      const [own, remote] = [(await call.local.boundingBox())!, (await call.remote.boundingBox())!];
      expect(remote.width * remote.height, 'the other is large, one is small oneself').toBeGreaterThan(
        4 * own.width * own.height,
      );
      await expectLargeEnough(call.mute, call.camera, call.copyLink, hideButton, call.leave, pathWord);
      await pathWord.click();
      await expectOnScreen(page, pathWord, pathHint);
      await expectNoHorizontalScroll(page);
    });

    test('what concerns the connection fits, also with all that a test finds', async ({ person }) => {
      const { page, home } = await person();
      const connection = new ConnectionPart(page);
      await connection.offered([]);
      await home.open();
      await connection.open();
      await connection.test.click();
      await connection.expectFindings('not-offered', 'not-offered', 'not-offered', 'not-offered', 'not-offered');
      await expectNoHorizontalScroll(page);
      await expectLargeEnough(connection.heading, connection.hideLabel, connection.test);
      for (const element of [connection.heading, connection.hideLabel, connection.test, connection.findings.last()]) {
        await element.scrollIntoViewIfNeeded();
        await expectOnScreen(page, element);
      }
    });
  });
}

test('videos play inside the page and start by themselves, and one does not hear oneself', async ({ person, room }) => {
  const [{ call }] = await twoInCall(person, room);
  for (const video of [call.local, call.remote]) {
    await expect(video).toHaveAttribute('playsinline');
    await expect(video).toHaveAttribute('autoplay');
  }
  expect(await call.local.evaluate((video: HTMLVideoElement) => video.muted)).toBe(true);
  expect(await call.remote.evaluate((video: HTMLVideoElement) => video.muted)).toBe(false);
});

test.describe('in Korean', () => {
  test.use({ locale: 'ko-KR' });

  test('the page speaks Korean from its first byte on, and so does a call', async ({ person, room, server }) => {
    const html = await (await fetch(server.url, { headers: { 'accept-language': 'ko-KR,ko;q=0.9' } })).text();
    expect(html).toContain('lang="ko"');
    expect(html).toContain('방 번호');

    const [{ page, call, home }] = await twoInCall(person, room);
    await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
    await expect(call.leave).toHaveAccessibleName(/[가-힣]/);
    await call.leave.click();
    await home.join('');
    await expect(page.getByText(/[가-힣]/).filter({ visible: true }).first()).toBeVisible();
    await expect(home.connect).toHaveText(/[가-힣]/);
  });
});

test('the page speaks English to everybody else', async ({ person }) => {
  const { page, home } = await person({ locale: 'de-DE' });
  await home.open();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(home.connect).toHaveText('CONNECT');
});
