import type { Locator, Page } from '@playwright/test';

import { atRest } from '../fixtures/places';
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

/** Windows at 200 and 400 % zoom, and small phones; what is short scrolls. */
const SHORT = {
  '1280x1024 at 400 % zoom': { width: 320, height: 256 },
  '1024x768 at 200 % zoom': { width: 512, height: 384 },
  'a small phone held sideways': { width: 740, height: 360 },
  'a small phone': { width: 360, height: 740 },
  'a very small phone': { width: 360, height: 640 },
};

/** Pairs of these, of all that can be seen now, that lie on each other by more than an edge. */
function overlaps(page: Page, selectors: string): Promise<string[]> {
  return page.evaluate((selectors) => {
    const seen = [...document.querySelectorAll<HTMLElement>(selectors)].flatMap((element) => {
      const words = document.createRange();
      words.selectNodeContents(element);
      const { width, height } = element.getBoundingClientRect();
      // A heading is as wide as its words, and may be for ears only.
      const box = (/^H\d$/.test(element.tagName) ? words : element).getBoundingClientRect();
      return element.checkVisibility() && width > 1 && height > 1 ? [{ element, box }] : [];
    });
    const name = ({ id, className, tagName }: HTMLElement) => id || `${tagName}.${className}`;
    return seen.flatMap(({ element, box }, at) =>
      seen.slice(at + 1).flatMap((other) => {
        const width = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const height = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        const inside = element.contains(other.element) || other.element.contains(element);
        return !inside && width > 1 && height > 1 ? [`${name(element)} on ${name(other.element)}`] : [];
      }),
    );
  }, selectors);
}

/** Words that stick out of what holds them. */
function cutOff(page: Page, selectors: string): Promise<string[]> {
  return page.evaluate(
    (selectors) =>
      [...document.querySelectorAll<HTMLElement>(selectors)]
        .filter((element) => element.checkVisibility() && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1))
        .map(({ id, className }) => id || className),
    selectors,
  );
}

/** The widths of the lines of a heading, in pixels. */
function lines(heading: Locator): Promise<number[]> {
  return heading.evaluate((heading) => {
    const words = document.createRange();
    words.selectNodeContents(heading);
    const widths = new Map<number, number>();
    for (const { top, width } of words.getClientRects()) widths.set(top, (widths.get(top) ?? 0) + width);
    return [...widths.values()];
  });
}

for (const [name, viewport] of Object.entries(SIZES)) {
  test.describe(`on ${name}`, () => {
    test.use({ viewport });

    test('nothing scrolls sideways, and a call fits with all its buttons', async ({ person, room }) => {
      const visitor = await person();
      await visitor.home.open(`/room/${room}`);
      await expectNoHorizontalScroll(visitor.page);

      await visitor.home.connect.click();
      await visitor.call.expectAlone();
      const [picture] = await atRest(visitor.call.local);
      expect((picture!.width * picture!.height) / (viewport.width * viewport.height), 'whoever waits sees themselves large').toBeGreaterThan(0.25);

      const [{ page, call }] = await twoInCall(person, `${room}1`);
      await expectNoHorizontalScroll(page);
      const more = page.locator('#more-button');
      await expectOnScreen(page, call.mute, call.camera, more, call.leave, call.local, call.remote);
      const [own, remote] = [(await call.local.boundingBox())!, (await call.remote.boundingBox())!];
      expect(remote.width * remote.height, 'the other is large, one is small oneself').toBeGreaterThan(
        4 * own.width * own.height,
      );
      expect((remote.width * remote.height) / (viewport.width * viewport.height), 'no bars around').toBeGreaterThan(0.5);
      await expectLargeEnough(call.mute, call.camera, more, call.leave);
    });

    test('what concerns the connection fits, also with all that a test finds', async ({ person }) => {
      const { page, home } = await person();
      const connection = new ConnectionPart(page);
      await connection.offered([]);
      await home.open();
      const heading = page.locator('.home-words h1').filter({ visible: true });
      if (viewport.height > 400) {
        const widths = await lines(heading);
        expect(Math.min(...widths), 'no word of the headline has a line of its own').toBeGreaterThan(Math.max(...widths) / 2);
      }
      await connection.open();
      await connection.test.click();
      await connection.expectFindings('not-offered', 'not-offered', 'not-offered', 'not-offered', 'not-offered');
      await expectNoHorizontalScroll(page);
      await expectLargeEnough(connection.close, connection.hideLabel, connection.test);
      for (const element of [connection.close, connection.hideLabel, connection.test, connection.findings.last()]) {
        await element.scrollIntoViewIfNeeded();
        await expectOnScreen(page, element);
      }
    });
  });
}

test('short windows hold all that is to be pressed, side by side', async ({ person, room }) => {
  for (const locale of ['en-US', 'ko-KR', 'de-DE', 'fr-FR']) {
    const { page, home, call } = await person({ locale });
    await home.open(`/room/${room}`);
    await expect(call.mute).toBeVisible();
    for (const [name, size] of Object.entries(SHORT)) {
      await test.step(`home, ${name}, ${locale}`, async () => {
        await page.setViewportSize(size);
        await expectNoHorizontalScroll(page);
        expect(await overlaps(page, 'h1, label, .head summary, .brand, .home button, .home input')).toEqual([]);
        expect(await cutOff(page, '.home button, .preview')).toEqual([]);
        await expectLargeEnough(call.mute, call.camera, home.connect);
        if (size.height > 300) await expectOnScreen(page, home.connect);
      });
    }
    await home.connect.click();
    await call.expectAlone();
    const keys = [call.mute, call.camera, page.locator('#more-button'), call.leave];
    for (const [name, size] of Object.entries(SHORT)) {
      await test.step(`waiting, ${name}, ${locale}`, async () => {
        await page.setViewportSize(size);
        await expectNoHorizontalScroll(page);
        await expectOnScreen(page, ...keys);
        await expectLargeEnough(...keys);
        // As it opens; what is scrolled passes below the bar.
        await page.locator('.waiting').evaluate((card) => card.scrollTo(0, 0));
        expect(await overlaps(page, '.waiting, .dock button')).toEqual([]);
        expect(await overlaps(page, '.topbar > *, .waiting h2')).toEqual([]);
        expect(await overlaps(page, '.waiting :is(h2, p, button)')).toEqual([]);
        expect(await cutOff(page, '.dock button, .waiting button')).toEqual([]);
        const heights = await page.locator('.dock .key').filter({ visible: true }).evaluateAll((keys) => keys.map((key) => (key as HTMLElement).offsetHeight));
        expect(new Set(heights).size, 'no word takes two lines').toBe(1);
        const link = page.locator('#copy-link-button');
        await expect(link, 'one of them').toHaveCount(1);
        await link.scrollIntoViewIfNeeded();
        await expectOnScreen(page, link);
      });
    }
    await call.leave.click();
    await home.expectShown();
    for (const name of ['a small phone', 'a small phone held sideways'] as const) {
      await page.setViewportSize(SHORT[name]);
      await expectOnScreen(page, home.connect);
    }
  }
});

test('videos play by themselves, and short windows hold all keys', async ({ person, room }) => {
  const [{ page, call }] = await twoInCall(person, room);
  for (const video of [call.local, call.remote]) {
    await expect(video).toHaveAttribute('playsinline');
    await expect(video).toHaveAttribute('autoplay');
  }
  expect(await call.local.evaluate((video: HTMLVideoElement) => video.muted)).toBe(true);
  expect(await call.remote.evaluate((video: HTMLVideoElement) => video.muted)).toBe(false);

  // A notice that stays.
  await page.goBack();
  await expect(call.notice).toContainText('Leave the call?');
  const notices = await call.notice.evaluate((region) => {
    const all = [...region.querySelectorAll<HTMLElement>(':scope > .notice')];
    const hidden = all.filter((notice) => notice.hidden);
    for (const notice of hidden) notice.hidden = false;
    const seen = all.filter((notice) => notice.checkVisibility()).length;
    for (const notice of hidden) notice.hidden = true;
    return { seen, all: all.length };
  });
  expect(notices.all, 'more than one that could be seen').toBeGreaterThan(1);
  expect(notices.seen, 'one at a time, however many there are').toBe(1);
  for (const name of ['a small phone', 'a small phone held sideways'] as const) {
    await page.setViewportSize(SHORT[name]);
    await expect.poll(() => overlaps(page, '.notice, .dock button, .topbar > *, .self'), name).toEqual([]);
  }
  await page.keyboard.press('Escape');
  await expect(call.notice.locator('.notice').filter({ visible: true })).toHaveCount(0);

  const keys = [call.mute, call.camera, page.locator('#more-button'), call.leave];
  for (const [name, size] of Object.entries(SHORT)) {
    await test.step(name, async () => {
      await page.setViewportSize(size);
      // Bar and dock come back, and the own picture makes room for them.
      await page.mouse.move(size.width / 2, size.height / 3);
      await page.mouse.move(size.width / 2 + 5, size.height / 3);
      await atRest(call.local);
      await expectOnScreen(page, ...keys, call.local, call.remote);
      await expectLargeEnough(...keys);
      expect(await overlaps(page, '.topbar > *, .dock button, .self')).toEqual([]);
      expect(await cutOff(page, '.dock button')).toEqual([]);
    });
  }
});

test('an open panel leaves the keys and the words beside it free', async ({ person, room }) => {
  const [{ page, call }, other] = await twoInCall(person, room);
  await page.locator('#chat-button').click();
  const panel = page.locator('#panels .panel');
  await expect(panel).toBeVisible();
  const expectFree = async () => {
    for (const [width, height] of [[768, 1024], [1024, 768], [1280, 800], [1440, 900], [1920, 1080]] as const) {
      await page.setViewportSize({ width, height });
      await page.mouse.move(200, 300);
      await page.mouse.move(205, 300);
      await atRest(panel);
      await expectOnScreen(page, call.leave);
      await expect.poll(() => overlaps(page, '#panels .panel, .dock, .notices > .notice'), `${width} x ${height}`).toEqual([]);
    }
  };
  await expectFree();
  await other.call.leave.click();
  await call.expectAlone();
  await expectFree();
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
  const { page, home } = await person({ locale: 'it-IT' });
  await home.open();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(home.connect).toHaveText('Join');
});
