import { expect, type Locator, type Page } from '@playwright/test';

export type Link = 'held' | 'connecting' | 'connected' | 'interrupted' | 'away' | 'failed';

/** The call view. */
export class CallPage {
  readonly container: Locator;
  readonly local: Locator;
  /** The first remote peer's picture. */
  readonly remote: Locator;
  readonly tiles: Locator;
  readonly remotes: Locator;
  readonly mute: Locator;
  readonly camera: Locator;
  readonly copyLink: Locator;
  readonly leave: Locator;
  readonly notice: Locator;

  constructor(readonly page: Page) {
    this.container = page.locator('#video-chat-container');
    this.local = page.locator('#local-video');
    this.remote = page.locator('#remote-video');
    this.tiles = page.locator('[data-peer]');
    this.remotes = this.tiles.locator('video');
    this.mute = page.locator('#mute-button');
    this.camera = page.locator('#camera-button');
    this.copyLink = page.locator('#copy-link-button');
    this.leave = page.locator('#leave-button');
    this.notice = page.locator('#notice');
  }

  /** The tile of the first other one says in words what that one has switched off, and nothing else. */
  async expectOff(words: string[], options?: { timeout: number }): Promise<void> {
    await expect(this.tiles.first().locator('.tile-off p').filter({ visible: true })).toHaveText(words, options);
  }

  async expectShown(): Promise<void> {
    await expect(this.page.locator('main')).toHaveAttribute('data-phase', 'in-call');
    await expect(this.container).toBeVisible();
  }

  /** Exactly these many others are here, and media flows to each. */
  async expectConnected(others = 1): Promise<void> {
    await this.expectShown();
    await expect(this.page.locator('[data-peer][data-link="connected"]')).toHaveCount(others);
    await expect(this.tiles).toHaveCount(others);
  }

  async expectAlone(): Promise<void> {
    await this.expectShown();
    await expect(this.tiles).toHaveCount(0);
  }
}
