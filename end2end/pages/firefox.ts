import { expect } from '@playwright/test';
import type { Page } from 'puppeteer-core';

import type { Asked } from '../fixtures/media';

const PATIENCE_MS = 20_000;
const FRAMES = 5;

/** A page in Firefox, which Playwright drives only in a build of its own. */
export class FirefoxPage implements Asked {
  constructor(
    private readonly page: Page,
    private readonly url: string,
  ) {}

  evaluate<Answer>(question: () => Answer | Promise<Answer>): Promise<Answer> {
    return this.page.evaluate(question) as Promise<Answer>;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.url).href, { timeout: PATIENCE_MS });
  }

  async click(selector: string): Promise<void> {
    await this.page.locator(selector).setTimeout(PATIENCE_MS).click();
  }

  async fill(selector: string, text: string): Promise<void> {
    await this.page.locator(selector).setTimeout(PATIENCE_MS).fill(text);
  }

  async expectAttribute(selector: string, name: string, value: string): Promise<void> {
    const read = () => this.page.$$eval(selector, (found, name) => found[0]?.getAttribute(name), name);
    await expect.poll(read, { message: `${name} of ${selector}` }).toBe(value);
  }

  async expectCount(selector: string, count: number): Promise<void> {
    await expect.poll(() => this.page.$$eval(selector, ({ length }) => length), { message: selector }).toBe(count);
  }

  /** The picture is shown, and frames of it are presented from now on. */
  async expectMoving(selector: string): Promise<void> {
    const video = await this.page.waitForSelector(selector, { visible: true, timeout: PATIENCE_MS });
    // `getVideoPlaybackQuality` counts none of a stream in Firefox.
    const frames = await video!.evaluateHandle((element) => {
      const presented = { count: 0 };
      const note = () => {
        presented.count += 1;
        (element as HTMLVideoElement).requestVideoFrameCallback(note);
      };
      (element as HTMLVideoElement).requestVideoFrameCallback(note);
      return presented;
    });
    const count = () => frames.evaluate((presented) => presented.count);
    await expect.poll(count, { intervals: [100], message: `frames of ${selector} grow` }).toBeGreaterThanOrEqual(FRAMES);
  }
}

/** The room-selection view in Firefox. */
export class FirefoxHome {
  constructor(private readonly page: FirefoxPage) {}

  async open(path = '/'): Promise<void> {
    await this.page.open(path);
    await this.page.expectCount('main[data-ready]', 1);
  }

  async join(room: string, name: string): Promise<void> {
    await this.page.fill('#room-input', room);
    await this.page.fill('#name-input', name);
    await this.connect();
  }

  async connect(): Promise<void> {
    await this.page.click('#connect-button');
  }

  async expectShown(): Promise<void> {
    await this.page.expectAttribute('main', 'data-phase', 'home');
  }
}

/** The call view in Firefox. */
export class FirefoxCall {
  constructor(private readonly page: FirefoxPage) {}

  async expectAlone(): Promise<void> {
    await this.page.expectAttribute('main', 'data-phase', 'in-call');
    await this.page.expectCount('[data-peer]', 0);
  }

  /** Connected to exactly one other, whose picture moves, as does the own one. */
  async expectSeen(): Promise<void> {
    await this.page.expectAttribute('main', 'data-phase', 'in-call');
    await this.page.expectCount('[data-peer][data-link="connected"]', 1);
    await this.page.expectCount('[data-peer]', 1);
    await this.page.expectMoving('#remote-video');
    await this.page.expectMoving('#local-video');
  }

  /** Presses the button of the microphone, which says what it does then. */
  async mute(state: 'muted' | 'on'): Promise<void> {
    await this.page.click('#mute-button');
    await this.page.expectAttribute('#mute-button', 'data-state', state);
  }

  /** The tile of the other one says that it is muted, or does not. */
  async expectMuted(is: 'muted' | 'on'): Promise<void> {
    await this.page.expectAttribute('[data-peer]', 'data-microphone', is === 'muted' ? 'off' : 'on');
  }

  async leave(): Promise<void> {
    await this.page.click('#leave-button');
  }
}
